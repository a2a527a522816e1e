// Runs docs/kotlin/LivePhone.kt on a JVM. Its chip is at the other end of a socket, the service is a real one.
package se.passkoll.bench

import java.io.BufferedReader
import java.io.IOException
import java.net.Socket
import java.security.KeyFactory
import java.security.interfaces.ECPublicKey
import java.security.spec.PKCS8EncodedKeySpec
import java.security.spec.X509EncodedKeySpec
import java.util.Base64
import okhttp3.OkHttpClient
import okhttp3.Request
import org.json.JSONArray
import org.json.JSONObject
import se.passkoll.phone.Chip
import se.passkoll.phone.Dpop
import se.passkoll.phone.GoneException
import se.passkoll.phone.LivePhone
import se.passkoll.phone.PostFrames
import se.passkoll.phone.RefusedException
import se.passkoll.phone.WebSocketFrames

/** Asks in lines, is answered in lines: `connect` -> `ok` or `gone`; the command in hex -> the answer or `lost`. */
private class SocketChip(port: Int) : Chip {
    private val socket = Socket("127.0.0.1", port)
    private val input: BufferedReader = socket.getInputStream().bufferedReader()
    override val maxApdu = 4096
    override val extendedLength = true

    override fun connect() {
        if (asked("connect") != "ok") throw GoneException()
    }

    override fun transceive(apdu: ByteArray): ByteArray {
        val answer = asked(apdu.joinToString("") { "%02x".format(it) })
        if (answer == "lost") throw IOException(answer)
        return answer.chunked(2).map { it.toInt(16).toByte() }.toByteArray()
    }

    private fun asked(line: String): String {
        socket.getOutputStream().write("$line\n".toByteArray())
        return input.readLine()
    }
}

private fun decoded(text: String) = Base64.getDecoder().decode(text)

fun main(arguments: Array<String>) {
    val given = JSONObject(System.`in`.bufferedReader().readLine())
    val keys = KeyFactory.getInstance("EC")
    val dpop = Dpop(
        keys.generatePrivate(PKCS8EncodedKeySpec(decoded(given.getString("private")))),
        keys.generatePublic(X509EncodedKeySpec(decoded(given.getString("public")))) as ECPublicKey
    )
    val live = given.getString("live_url")
    val http = live.replaceFirst("ws", "http")
    val client = OkHttpClient()
    fun proof(method: String, url: String) =
        dpop.headers(method, url, given.getString("token"), System.currentTimeMillis() / 1000)
    val frames = when (arguments[0]) {
        "websocket" -> Request.Builder().url(live).let { opening ->
            proof("GET", http).forEach { (name, value) -> opening.header(name, value) }
            WebSocketFrames(client, opening.build())
        }
        else -> PostFrames("$http/frames") { proof("POST", "$http/frames") }
    }
    val seen = JSONArray()
    val last = try {
        frames.use { LivePhone(SocketChip(given.getInt("chip")), it) { frame -> seen.put(frame) }.read("bench", "JVM") }
    } catch (refused: RefusedException) {
        JSONObject().put("type", "refused").put("problem", refused.problem)
    }
    println(JSONObject().put("last", last).put("seen", seen))
    client.dispatcher().executorService().shutdownNow()
    client.connectionPool().evictAll()
    System.exit(0)
}
