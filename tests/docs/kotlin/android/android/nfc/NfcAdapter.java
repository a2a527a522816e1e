package android.nfc;

import android.app.Activity;
import android.content.Context;
import android.os.Bundle;

public final class NfcAdapter {
    public static final int FLAG_READER_NFC_A = 0x1;
    public static final int FLAG_READER_NFC_B = 0x2;
    public static final int FLAG_READER_SKIP_NDEF_CHECK = 0x80;
    public static final int FLAG_READER_NO_PLATFORM_SOUNDS = 0x100;
    public static final String EXTRA_READER_PRESENCE_CHECK_DELAY = "presence";

    public interface ReaderCallback {
        void onTagDiscovered(Tag tag);
    }

    public static NfcAdapter getDefaultAdapter(Context context) {
        return null;
    }

    public void enableReaderMode(Activity activity, ReaderCallback callback, int flags, Bundle extras) {}

    public void disableReaderMode(Activity activity) {}
}
