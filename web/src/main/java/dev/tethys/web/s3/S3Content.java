package dev.tethys.web.s3;

import java.io.IOException;
import java.util.Arrays;

/** Content of an object to upload, read part by part, so that large ones need no memory. */
public interface S3Content {
  /** Returns the total number of bytes. */
  long size();

  /** Reads part of the object. */
  byte[] read(long from, int length) throws IOException;

  /** Creates content in memory. */
  static S3Content of(byte[] bytes) {
    return new S3Content() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public byte[] read(long from, int length) {
        return from == 0 && length == bytes.length
            ? bytes
            : Arrays.copyOfRange(bytes, (int) from, (int) from + length);
      }
    };
  }
}
