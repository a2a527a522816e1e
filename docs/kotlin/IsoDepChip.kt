// The chip of LivePhone.kt on Android: reader mode, waiting, and IsoDep.transceive.
package se.passkoll.phone

import android.app.Activity
import android.nfc.NfcAdapter
import android.nfc.Tag
import android.nfc.tech.IsoDep
import android.os.Bundle
import java.io.Closeable
import java.io.IOException
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

/** Turns the reader on while it is open: make it in onResume of `activity`, close it in onPause. */
class IsoDepChip(private val activity: Activity, private val waitSeconds: Long = 60) : Chip, Closeable {
    private val adapter = NfcAdapter.getDefaultAdapter(activity) ?: throw IOException("this phone has no NFC")
    private val tags = LinkedBlockingQueue<Tag>()
    private var chip: IsoDep? = null

    init {
        val flags = NfcAdapter.FLAG_READER_NFC_A or NfcAdapter.FLAG_READER_NFC_B or
            NfcAdapter.FLAG_READER_SKIP_NDEF_CHECK or NfcAdapter.FLAG_READER_NO_PLATFORM_SOUNDS
        // the system asks the chip whether it is still there, which some chips answer by forgetting the session
        val options = Bundle().apply { putInt(NfcAdapter.EXTRA_READER_PRESENCE_CHECK_DELAY, 5_000) }
        adapter.enableReaderMode(activity, { tag -> tags.put(tag) }, flags, options)
    }

    override val maxApdu: Int get() = chip!!.maxTransceiveLength
    override val extendedLength: Boolean get() = chip!!.isExtendedLengthApduSupported

    override fun connect() {
        if (tags.isEmpty() && reconnected()) return
        while (true) {
            val tag = tags.poll(waitSeconds, TimeUnit.SECONDS) ?: throw GoneException()
            chip = IsoDep.get(tag) ?: continue
            if (reconnected()) return
        }
    }

    /** Closing makes Android activate the chip anew: all that it knew of the session is gone. */
    private fun reconnected(): Boolean = try {
        chip?.run {
            if (isConnected) close()
            connect()
            timeout = 10_000
        } != null
    } catch (lost: IOException) {
        false
    } catch (old: SecurityException) {
        // a tag of before: another one was discovered meanwhile
        false
    }

    override fun transceive(apdu: ByteArray): ByteArray = try {
        chip!!.transceive(apdu)
    } catch (old: SecurityException) {
        // another tag was discovered meanwhile
        throw IOException(old)
    } catch (closed: IllegalStateException) {
        // by another thread, to cancel
        throw IOException(closed)
    }

    override fun close() {
        adapter.disableReaderMode(activity)
        try {
            chip?.close()
        } catch (gone: IOException) {
            // it was taken away
        }
    }
}
