package dev.tethys.codec.kdb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/** Writes values of q in either byte order. */
final class QWriter {
  private ByteBuffer out;

  QWriter(ByteOrder order, int head) {
    out = ByteBuffer.allocate(256).order(order);
    out.position(head);
  }

  byte[] toByteArray() {
    return Arrays.copyOf(out.array(), out.position());
  }

  private void room(long more) {
    long need = out.position() + more;
    if (need > out.capacity()) {
      if (need > Integer.MAX_VALUE - 16) {
        throw new IllegalArgumentException("a message of kdb+ of more than 2 GB");
      }
      int to = (int) Math.min(Integer.MAX_VALUE - 16, Math.max(need, 2L * out.capacity()));
      ByteBuffer bigger = ByteBuffer.wrap(Arrays.copyOf(out.array(), to)).order(out.order());
      bigger.position(out.position());
      out = bigger;
    }
  }

  private void put(int b) {
    room(1);
    out.put((byte) b);
  }

  void write(QValue v) {
    switch (v) {
      case QValue.Atom a -> {
        put(-a.one().type().number);
        items(a.one());
      }
      case QValue.Vector x -> {
        put(x.type().number);
        put(0);
        count(x.size());
        items(x);
      }
      case QValue.Mixed m -> {
        put(0);
        put(0);
        count(m.items().size());
        m.items().forEach(this::write);
      }
      case QValue.Dict d -> {
        put(99);
        write(d.keys());
        write(d.values());
      }
      case QValue.Table t -> {
        put(98);
        put(0);
        put(99);
        write(new QValue.Vector(QType.SYMBOL, t.names().toArray(new String[0])));
        write(new QValue.Mixed(t.columns()));
      }
      case QValue.Primitive p -> {
        put(p.type());
        put(p.code());
      }
      case QValue.Lambda l -> {
        put(100);
        symbol(l.context());
        write(QValue.text(l.text()));
      }
      case QValue.Error e -> {
        put(QReader.ERROR);
        symbol(e.text());
      }
    }
  }

  private void count(int n) {
    room(4);
    out.putInt(n);
  }

  private void symbol(String s) {
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    for (byte c : b) {
      if (c == 0) {
        throw new IllegalArgumentException("a symbol of kdb+ cannot hold the character 0");
      }
    }
    room(b.length + 1L);
    out.put(b).put((byte) 0);
  }

  private void items(QValue.Vector v) {
    room((long) v.size() * v.type().width);
    switch (v.array()) {
      case byte[] b -> out.put(b);
      case UUID[] gs -> {
        for (UUID g : gs) { // in this order of bytes on either kind of machine
          ByteBuffer big = ByteBuffer.allocate(16);
          out.put(
              big.putLong(g.getMostSignificantBits()).putLong(g.getLeastSignificantBits()).array());
        }
      }
      case short[] s -> {
        out.asShortBuffer().put(s);
        out.position(out.position() + 2 * s.length);
      }
      case int[] n -> {
        out.asIntBuffer().put(n);
        out.position(out.position() + 4 * n.length);
      }
      case long[] n -> {
        out.asLongBuffer().put(n);
        out.position(out.position() + 8 * n.length);
      }
      case float[] f -> {
        for (float x : f) {
          out.putInt(Float.floatToRawIntBits(x));
        }
      }
      case double[] d -> {
        for (double x : d) { // the bits as they are: the stale marker is a particular NaN
          out.putLong(Double.doubleToRawLongBits(x));
        }
      }
      case String[] s -> {
        for (String x : s) {
          symbol(x);
        }
      }
      default -> throw new AssertionError(v.type());
    }
  }
}
