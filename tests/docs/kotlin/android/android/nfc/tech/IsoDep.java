package android.nfc.tech;

import android.nfc.Tag;
import java.io.Closeable;
import java.io.IOException;

public final class IsoDep implements Closeable {
    public static IsoDep get(Tag tag) {
        return null;
    }

    public boolean isConnected() {
        return false;
    }

    public void connect() throws IOException {}

    @Override
    public void close() throws IOException {}

    public void setTimeout(int timeout) {}

    public int getTimeout() {
        return 0;
    }

    public int getMaxTransceiveLength() {
        return 0;
    }

    public boolean isExtendedLengthApduSupported() {
        return false;
    }

    public byte[] transceive(byte[] data) throws IOException {
        return null;
    }
}
