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
import se.passkoll.phone.Proving
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

fun key(given: JSONObject): Dpop {
    val keys = KeyFactory.getInstance("EC")
    return Dpop(
        keys.generatePrivate(PKCS8EncodedKeySpec(decoded(given.getString("private")))),
        keys.generatePublic(X509EncodedKeySpec(decoded(given.getString("public")))) as ECPublicKey
    )
}

fun seconds() = System.currentTimeMillis() / 1000

/** Reads in the way that the argument says; a reading is cancelled after `cancel_after` frames of the server. */
fun main(arguments: Array<String>) {
    val given = JSONObject(System.`in`.bufferedReader().readLine())
    val dpop = key(given)
    val token = given.getString("token")
    val live = given.getString("live_url")
    val http = live.replaceFirst("ws", "http")
    val client = OkHttpClient.Builder().addNetworkInterceptor(Proving(dpop, { token }, ::seconds)).build()
    val frames = when (arguments[0]) {
        "websocket" -> Request.Builder().url(live).let { opening ->
            dpop.headers("GET", http, token, seconds()).forEach { (name, value) -> opening.header(name, value) }
            WebSocketFrames(client, opening.build())
        }
        else -> PostFrames(client, "$http/frames")
    }
    val seen = JSONArray()
    var octets = 0
    val show = { frame: JSONObject ->
        seen.put(frame)
        if (seen.length() == given.getInt("cancel_after")) Thread.currentThread().interrupt()
    }
    val last = try {
        frames.use {
            LivePhone(SocketChip(given.getInt("chip")), it, show, { more -> octets += more }).read("bench", "JVM")
        }
    } catch (refused: RefusedException) {
        JSONObject().put("type", "refused").put("problem", refused.problem)
    } catch (cancelled: InterruptedException) {
        JSONObject().put("type", "interrupted")
    }
    println(JSONObject().put("last", last).put("seen", seen).put("octets", octets))
    System.exit(0)
}
