package dev.tethys.pipeline.postgresql;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Reads the output of {@link CopyRows} as it arrives. Not thread-safe. */
final class CopyReader {
  private static final int HEADER = 15;
  private static final int MAX_FIELD = 1 << 30;

  private final DataInputStream in;

  CopyReader(InputStream stream) throws IOException {
    in = new DataInputStream(stream);
    in.skipNBytes(HEADER);
    in.skipNBytes(in.readInt());
  }

  /** Moves to the next row; returns false at the end. */
  boolean next() throws IOException {
    return in.readShort() >= 0;
  }

  private void length(int expected) throws IOException {
    int n = in.readInt();
    if (n != expected) {
      throw new IOException("PostgreSQL: a column of " + n + " bytes, not " + expected);
    }
  }

  boolean bool() throws IOException {
    length(1);
    return in.readByte() != 0;
  }

  int int2() throws IOException {
    length(2);
    return in.readShort();
  }

  int int4() throws IOException {
    length(4);
    return in.readInt();
  }

  double float8() throws IOException {
    length(8);
    return Double.longBitsToDouble(in.readLong());
  }

  UUID uuid() throws IOException {
    length(16);
    return new UUID(in.readLong(), in.readLong());
  }

  /** Reads a time in Unix milliseconds. */
  long time() throws IOException {
    length(8);
    return Math.floorDiv(in.readLong(), 1000L) + 946_684_800_000L;
  }

  /** Reads a string as stored. */
  String text() throws IOException {
    int n = in.readInt();
    if (n < 0 || n > MAX_FIELD) {
      throw new IOException("PostgreSQL: a text of " + n + " bytes");
    }
    return new String(in.readNBytes(n), StandardCharsets.UTF_8);
  }

  private int items() throws IOException {
    in.readInt(); // its length
    int dimensions = in.readInt();
    in.readInt();
    in.readInt();
    if (dimensions == 0) {
      return 0;
    }
    int n = in.readInt();
    in.readInt();
    if (dimensions != 1 || n < 0 || n > MAX_FIELD / 8) {
      throw new IOException("PostgreSQL: an array of " + dimensions + " dimensions, " + n);
    }
    return n;
  }

  int[] int4s() throws IOException {
    int[] v = new int[items()];
    for (int i = 0; i < v.length; i++) {
      v[i] = int4();
    }
    return v;
  }

  double[] float8s() throws IOException {
    double[] v = new double[items()];
    for (int i = 0; i < v.length; i++) {
      v[i] = float8();
    }
    return v;
  }
}
