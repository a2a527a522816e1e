// A verification from its opening to its cancelling, with the generated client and the proofs of docs/kotlin/Dpop.kt.
package se.passkoll.bench

import java.io.File
import okhttp3.OkHttpClient
import org.json.JSONObject
import se.passkoll.client.apis.VerificationsApi
import se.passkoll.client.infrastructure.ClientException
import se.passkoll.client.infrastructure.Serializer
import se.passkoll.client.models.CaptureMrz
import se.passkoll.client.models.Kind
import se.passkoll.client.models.OpenVerification
import se.passkoll.phone.Proving

/** Writes a line for each answer: what was asked, a space, the answer as JSON. */
fun main() {
    val given = JSONObject(System.`in`.bufferedReader().readLine())
    val token = given.getString("token")
    val proving = Proving(key(given), { token }, ::seconds)
    val api = VerificationsApi(given.getString("origin"), OkHttpClient.Builder().addNetworkInterceptor(proving).build())
    fun tell(asked: String, answer: Any) = println("$asked ${Serializer.gson.toJson(answer)}")

    val opened = api.openVerification("generated-client-1", OpenVerification(Kind.reserve_card_no_pnr))
    tell("open", opened)
    tell("again", api.openVerification("generated-client-1", OpenVerification(Kind.reserve_card_no_pnr)))
    tell("photo", api.capturePhoto(opened.id, List(2) { File(given.getString("photo")) }))
    val lines = given.getJSONArray("lines").let { lines -> List(lines.length()) { lines.getString(it) } }
    tell("lines", api.captureMrz(opened.id, CaptureMrz(lines, CaptureMrz.Source.typed)))
    tell("mine", api.listVerifications(VerificationsApi.MineListVerifications.present))
    tell("show", api.showVerification(opened.id))
    tell("cancel", api.cancelVerification(opened.id))
    try {
        api.showVerification("vs_" + "a".repeat(26))
    } catch (none: ClientException) {
        tell("none", none.statusCode)
    }
    System.exit(0)
}
