// DPoP proofs (RFC 9449) by the enrolled key: of the Android Keystore on a phone, any P-256 key elsewhere.
package se.passkoll.phone

import java.math.BigInteger
import java.security.MessageDigest
import java.security.PrivateKey
import java.security.SecureRandom
import java.security.Signature
import java.security.interfaces.ECPublicKey
import java.util.Base64
import okhttp3.Interceptor
import okhttp3.Response
import org.json.JSONObject

class Dpop(private val privateKey: PrivateKey, publicKey: ECPublicKey) {
    private val jwk = JSONObject().put("kty", "EC").put("crv", "P-256")
        .put("x", base64url(fixed(publicKey.w.affineX))).put("y", base64url(fixed(publicKey.w.affineY)))

    /** The headers of one request. `url` is http(s), also where a WebSocket is opened; each proof counts once. */
    fun headers(method: String, url: String, accessToken: String, seconds: Long): Map<String, String> {
        val digest = MessageDigest.getInstance("SHA-256").digest(accessToken.toByteArray(Charsets.US_ASCII))
        val claims = JSONObject().put("jti", base64url(ByteArray(16).also { SecureRandom().nextBytes(it) }))
            .put("htm", method).put("htu", url.substringBefore('#').substringBefore('?'))
            .put("iat", seconds).put("ath", base64url(digest))
        val header = JSONObject().put("typ", "dpop+jwt").put("alg", "ES256").put("jwk", jwk)
        return mapOf("Authorization" to "DPoP $accessToken", "DPoP" to signed(header, claims))
    }

    private fun signed(header: JSONObject, claims: JSONObject): String {
        val input = base64url(header.toString().toByteArray()) + "." + base64url(claims.toString().toByteArray())
        val signature = Signature.getInstance("SHA256withECDSA")
        signature.initSign(privateKey)
        signature.update(input.toByteArray(Charsets.US_ASCII))
        return input + "." + base64url(joined(signature.sign()))
    }

    /** Android signs as DER, SEQUENCE { r, s }; a JWS has r and s in 32 octets each (RFC 7518 §3.4). */
    private fun joined(der: ByteArray): ByteArray {
        val lengthOfR = der[3].toInt()
        val r = BigInteger(der.copyOfRange(4, 4 + lengthOfR))
        val s = BigInteger(der.copyOfRange(6 + lengthOfR, der.size))
        return fixed(r) + fixed(s)
    }

    private fun fixed(number: BigInteger): ByteArray {
        val octets = number.toByteArray().dropWhile { it == 0.toByte() }
        return ByteArray(32 - octets.size) + octets
    }

    private fun base64url(octets: ByteArray) = Base64.getUrlEncoder().withoutPadding().encodeToString(octets)
}

/**
 * Token and proof for each request of a client, its repetitions too: add it as a *network* interceptor. `token` gives
 * the token that is good now, `seconds` the time of the service. OkHttp asks no interceptor where it opens a WebSocket.
 */
class Proving(private val dpop: Dpop, private val token: () -> String, private val seconds: () -> Long) : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response {
        val request = chain.request()
        val proven = request.newBuilder()
        dpop.headers(request.method, request.url.toString(), token(), seconds())
            .forEach { (name, value) -> proven.header(name, value) }
        return chain.proceed(proven.build())
    }
}
