// A phone that reads a passport with the service: a pipe between the chip and docs/live-protocol.md. It knows nothing
// of passports, keeps nothing, and decides nothing. Needs OkHttp 5; org.json is part of Android.
package se.passkoll.phone

import java.io.Closeable
import java.io.IOException
import java.util.Base64
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import okhttp3.Response
import okhttp3.WebSocket
import okhttp3.WebSocketListener
import org.json.JSONArray
import org.json.JSONObject

/** A chip at the phone; IsoDepChip.kt is the one of Android. */
interface Chip {
    /** How many octets a command or an answer may have. */
    val maxApdu: Int
    val extendedLength: Boolean

    /** Waits until a passport is there, and connects to it anew even if it never left. GoneException: nobody came. */
    fun connect()

    /** One command, one answer with its status word. IOException: the chip is gone. */
    fun transceive(apdu: ByteArray): ByteArray
}

class GoneException : IOException("no passport")

/** The service said no and there is no session; `problem` is its problem document, "" where none can be read. */
class RefusedException(val problem: String) : Exception("refused")

/** The way to the service: a frame there, the frame that answers it back. IOException: the way is lost. */
interface Frames : Closeable {
    fun exchange(frame: JSONObject, progress: (JSONObject) -> Unit): JSONObject
}

/** `show` is called with each frame of the server, `carried` with the octets of each answer: for a progress bar. */
class LivePhone(
    private val chip: Chip,
    private val frames: Frames,
    private val show: (JSONObject) -> Unit = {},
    private val carried: (Int) -> Unit = {}
) {
    /**
     * Reads, on a thread of its own; gives the last frame: `done`, or `error` or `access_denied` with `next_try`.
     * To cancel, interrupt the thread (InterruptedException) and close the frames.
     */
    fun read(app: String, platform: String): JSONObject {
        chip.connect()
        val hello = JSONObject().put("type", "hello").put("app", app).put("platform", platform)
            .put("max_apdu", chip.maxApdu).put("extended_length", chip.extendedLength).put("auto_selected_aid", false)
        var frame = frames.exchange(hello, show)
        while (true) {
            show(frame)
            if (Thread.interrupted()) throw InterruptedException()
            val reply = when (frame.getString("type")) {
                "apdus" -> carry(frame)
                "restart" -> again(frame)
                else -> return frame
            }
            frame = frames.exchange(reply.put("session", frame.getString("session")), show)
        }
    }

    private fun carry(frame: JSONObject): JSONObject {
        val reply = JSONObject().put("batch", frame.getInt("batch"))
        val commands = frame.getJSONArray("commands")
        val accept = frame.getJSONArray("accept").let { words -> List(words.length()) { words.getInt(it) } }
        val answers = JSONArray()
        try {
            for (index in 0 until commands.length()) {
                val answer = chip.transceive(Base64.getUrlDecoder().decode(commands.getString(index)))
                answers.put(Base64.getUrlEncoder().withoutPadding().encodeToString(answer))
                carried(answer.size)
                // what comes after another word than these must not reach the chip
                if (statusWord(answer) !in accept) break
            }
        } catch (lost: IOException) {
            return reply.put("type", "tag_lost")
        }
        return reply.put("type", "responses").put("answers", answers)
    }

    private fun again(frame: JSONObject): JSONObject = try {
        chip.connect()
        JSONObject().put("type", "ready").put("connection", frame.getInt("connection"))
    } catch (nobody: GoneException) {
        JSONObject().put("type", "cancel")
    }

    private fun statusWord(answer: ByteArray): Int {
        if (answer.size < 2) throw IOException("no status word")
        return (answer[answer.size - 2].toInt() and 0xFF shl 8) or (answer[answer.size - 1].toInt() and 0xFF)
    }
}

/** `handshake`: `live_url`, with Authorization and a DPoP proof for GET on it. */
class WebSocketFrames(client: OkHttpClient, handshake: Request) : Frames {
    private val inbox = LinkedBlockingQueue<Any>()
    private val socket = client.newWebSocket(
        handshake.newBuilder().header("Sec-WebSocket-Protocol", "passkoll.live.1").build(),
        object : WebSocketListener() {
            override fun onMessage(webSocket: WebSocket, text: String) = inbox.put(JSONObject(text))
            override fun onClosing(webSocket: WebSocket, code: Int, reason: String) = inbox.put(IOException("$code"))
            override fun onFailure(webSocket: WebSocket, t: Throwable, response: Response?) {
                val problem = runCatching { response?.peekBody(65_536)?.string() }.getOrDefault("")
                inbox.put(if (problem == null) IOException(t) else RefusedException(problem))
            }
        }
    )

    override fun exchange(frame: JSONObject, progress: (JSONObject) -> Unit): JSONObject {
        if (!socket.send(frame.toString())) throw IOException("closed")
        while (true) {
            val answer = inbox.poll(60, TimeUnit.SECONDS) ?: throw IOException("no answer")
            if (answer is Exception) throw answer
            if ((answer as JSONObject).getString("type") != "progress") return answer
            progress(answer)
        }
    }

    override fun close() { socket.close(1000, null) }
}

/** Where no WebSocket gets through: `url` is .../chip/live/frames; `client` has the interceptor of Dpop.kt. */
class PostFrames(private val client: OkHttpClient, private val url: String) : Frames {
    override fun exchange(frame: JSONObject, progress: (JSONObject) -> Unit): JSONObject = try {
        post(frame)
    } catch (lost: IOException) {
        // the same frame once more: it is answered as it was, and nothing is done twice
        post(frame)
    }

    private fun post(frame: JSONObject): JSONObject {
        val body = frame.toString().toRequestBody("application/json".toMediaType())
        client.newCall(Request.Builder().url(url).post(body).build()).execute().use { answer ->
            val text = answer.peekBody(Long.MAX_VALUE).string()
            return if (answer.code == 200) JSONObject(text) else throw RefusedException(text)
        }
    }

    override fun close() = Unit
}
