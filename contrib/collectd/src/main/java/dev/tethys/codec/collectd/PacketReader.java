package dev.tethys.codec.collectd;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.collectd.ValueList.SourceKind;
import dev.tethys.codec.points.RejectedItems;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Reads packets of collectd's binary protocol: parts with a type and a length, some of which
 * identify the following values. A signature (HMAC-SHA-256) is about all that follows it; an
 * encrypted part (AES-256 in OFB with SHA-1 of the plain text) holds parts. Thread-safe.
 */
public final class PacketReader {
  /** Required security of a packet, in ascending order. */
  public enum Security {
    NONE,
    SIGN,
    ENCRYPT
  }

  private static final int HOST = 0x0000;
  private static final int TIME = 0x0001;
  private static final int PLUGIN = 0x0002;
  private static final int PLUGIN_INSTANCE = 0x0003;
  private static final int TYPE = 0x0004;
  private static final int TYPE_INSTANCE = 0x0005;
  private static final int VALUES = 0x0006;
  private static final int TIME_HR = 0x0008;
  private static final int MESSAGE = 0x0100;
  private static final int SEVERITY = 0x0101;
  private static final int SIGN_SHA256 = 0x0200;
  private static final int ENCRYPT_AES256 = 0x0210;

  private static final int HEADER = 4;
  private static final int HASH = 32;
  private static final int IV = 16;
  private static final int CHECKSUM = 20;

  private final Security level;
  private final @Nullable Function<String, @Nullable String> passwords;
  private final TypesDb types;

  /**
   * Creates a reader.
   *
   * @param level required security level of packets
   * @param passwords looks up the password of a user; null without a user file, in which case
   *     signatures are not checked
   * @param types types of data sources; if empty, a single value is named {@code value} and
   *     multiple values are numbered
   */
  public PacketReader(
      Security level, @Nullable Function<String, @Nullable String> passwords, TypesDb types) {
    this.level = level;
    this.passwords = passwords;
    this.types = types;
  }

  /**
   * Reads a packet. Parts before malformed data are read.
   *
   * @return the rejected items
   */
  public RejectedItems read(byte[] buf, int offset, int length, CollectdSink sink) {
    RejectedItems refused = new RejectedItems();
    try {
      new Packet(sink, refused).parts(ByteBuffer.wrap(buf, offset, length).slice(), Security.NONE);
    } catch (CodecException e) {
      refused.add(1, "a packet of " + length + " bytes", String.valueOf(e.getMessage()));
    }
    return refused;
  }

  /** State of the parts of one packet read so far. */
  private final class Packet {
    private final CollectdSink sink;
    private final RejectedItems refused;
    private Identifier id = Identifier.NONE;
    private long time;
    private long severity;
    private int lists;
    private boolean signed;

    Packet(CollectdSink sink, RejectedItems refused) {
      this.sink = sink;
      this.refused = refused;
    }

    void parts(ByteBuffer b, Security now) {
      while (b.hasRemaining()) {
        if (b.remaining() < HEADER) {
          throw new CodecException("invalid part size: " + b.remaining() + " bytes");
        }
        int kind = b.getShort() & 0xffff;
        int length = b.getShort() & 0xffff;
        if (length <= HEADER || length - HEADER > b.remaining()) {
          throw new CodecException("a part declares " + length + " bytes");
        }
        ByteBuffer p = b.slice(b.position(), length - HEADER);
        b.position(b.position() + length - HEADER);
        if (kind == SIGN_SHA256) {
          if (signed) {
            throw new CodecException("a second signature");
          }
          signed = true;
          Security then = isSigned(p, b.slice()) && now == Security.NONE ? Security.SIGN : now;
          parts(b, then);
        } else if (kind == ENCRYPT_AES256) {
          if (now == Security.ENCRYPT) {
            throw new CodecException("an encrypted part within another");
          }
          parts(decrypted(p), Security.ENCRYPT);
        } else if (now.compareTo(level) < 0) {
          throw new CodecException(
              "a packet that is not " + (level == Security.SIGN ? "signed" : "encrypted"));
        } else {
          part(kind, p);
        }
      }
    }

    private void part(int kind, ByteBuffer p) {
      switch (kind) {
        case HOST -> {
          id =
              new Identifier(
                  text(p), id.plugin(), id.pluginInstance(), id.type(), id.typeInstance());
        }
        case PLUGIN ->
            id =
                new Identifier(
                    id.host(), text(p), id.pluginInstance(), id.type(), id.typeInstance());
        case PLUGIN_INSTANCE ->
            id = new Identifier(id.host(), id.plugin(), text(p), id.type(), id.typeInstance());
        case TYPE ->
            id =
                new Identifier(
                    id.host(), id.plugin(), id.pluginInstance(), text(p), id.typeInstance());
        case TYPE_INSTANCE ->
            id = new Identifier(id.host(), id.plugin(), id.pluginInstance(), id.type(), text(p));
        case TIME -> {
          long seconds = number(p);
          if (seconds < 0 || seconds > Long.MAX_VALUE / 1_000_000_000) {
            throw new CodecException("time is not a valid time: " + Long.toUnsignedString(seconds));
          }
          time = seconds * 1_000_000_000;
        }
        case TIME_HR -> time = nanos(number(p));
        case SEVERITY -> severity = number(p);
        case VALUES -> values(p);
        case MESSAGE ->
            sink.notification(new Notification(id, time, severity(), text(p), Map.of()));
        default -> {
          // Intervals, and parts of newer versions, which the protocol allows readers to skip.
        }
      }
    }

    private String severity() {
      return severity == 1
          ? "FAILURE"
          : severity == 2 ? "WARNING" : severity == 4 ? "OKAY" : "UNKNOWN";
    }

    private void values(ByteBuffer p) {
      lists++;
      int n = p.remaining() < 2 ? -1 : p.getShort() & 0xffff;
      if (n < 0 || p.remaining() != 9 * n) {
        throw new CodecException("a part of values has the wrong length");
      }
      List<SourceKind> kinds = new ArrayList<>(n);
      List<@Nullable Number> values = new ArrayList<>(n);
      for (int i = 0; i < n; i++) {
        int kind = p.get(i + 2);
        int at = 2 + n + 8 * i;
        switch (kind) {
          case 0 -> {
            kinds.add(SourceKind.COUNTER);
            values.add(unsigned(p.getLong(at)));
          }
          case 1 -> {
            kinds.add(SourceKind.GAUGE);
            double d = Double.longBitsToDouble(Long.reverseBytes(p.getLong(at)));
            values.add(Double.isNaN(d) ? null : d);
          }
          case 2 -> {
            kinds.add(SourceKind.DERIVE);
            values.add(p.getLong(at));
          }
          case 3 -> {
            kinds.add(SourceKind.ABSOLUTE);
            values.add(unsigned(p.getLong(at)));
          }
          default -> throw new CodecException("a value of unknown kind " + kind);
        }
      }
      if (time == 0) {
        refused.add(lists, id.toString(), "time is missing");
        return;
      }
      List<String> names = names(n);
      if (names != null) {
        sink.values(new ValueList(id, time, names, kinds, values));
      }
    }

    private @Nullable List<String> names(int n) {
      if (types.isEmpty()) {
        List<String> names = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
          names.add(n == 1 ? "value" : Integer.toString(i));
        }
        return names;
      }
      List<String> names = types.sources(id.type());
      if (names == null) {
        refused.add(lists, id.toString(), "types_db has no type " + id.type());
      } else if (names.size() != n) {
        refused.add(
            lists,
            id.toString(),
            n + " values, but types_db has " + names.size() + " data sources of " + id.type());
        names = null;
      }
      return names;
    }
  }

  private static Number unsigned(long v) {
    if (v >= 0) {
      return v;
    }
    return (v >>> 1) * 2.0 + (v & 1);
  }

  private static String text(ByteBuffer p) {
    int length = p.remaining() - 1;
    if (p.get(p.limit() - 1) != 0) {
      throw new CodecException("a text does not end with a zero");
    }
    byte[] b = new byte[length];
    p.get(b);
    return new String(b, UTF_8);
  }

  private static long number(ByteBuffer p) {
    if (p.remaining() != 8) {
      throw new CodecException("invalid number size: " + p.remaining() + " bytes");
    }
    return p.order(ByteOrder.BIG_ENDIAN).getLong();
  }

  /** Converts collectd's time in units of 2⁻³⁰ seconds. */
  private static long nanos(long t) {
    long seconds = t >>> 30;
    if (seconds > Long.MAX_VALUE / 1_000_000_000 - 1) {
      throw new CodecException("time is not a valid time: " + Long.toUnsignedString(t));
    }
    long fraction = t & ((1 << 30) - 1);
    return seconds * 1_000_000_000 + ((fraction * 1_000_000_000) >> 30);
  }

  /** Whether the signature was checked and is valid. */
  private boolean isSigned(ByteBuffer part, ByteBuffer signed) {
    if (part.remaining() <= HASH) {
      throw new CodecException("invalid signature size: " + part.remaining() + " bytes");
    }
    if (passwords == null) {
      return false;
    }
    byte[] hash = bytes(part, HASH);
    byte[] user = bytes(part, part.remaining());
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      byte[] key = password(user);
      // An empty key equals a zero byte, to which HMAC pads it.
      mac.init(new SecretKeySpec(key.length == 0 ? new byte[1] : key, "HmacSHA256"));
      mac.update(user);
      mac.update(signed);
      if (!MessageDigest.isEqual(hash, mac.doFinal())) {
        throw new CodecException("the signature of user " + new String(user, UTF_8) + " is wrong");
      }
      return true;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private ByteBuffer decrypted(ByteBuffer part) {
    int length = part.remaining() < 2 ? -1 : part.getShort() & 0xffff;
    if (length < 0 || part.remaining() <= length + IV + CHECKSUM) {
      throw new CodecException("an encrypted part is too short");
    }
    byte[] user = bytes(part, length);
    byte[] key = password(user);
    try {
      Cipher c = Cipher.getInstance("AES/OFB/NoPadding");
      c.init(
          Cipher.DECRYPT_MODE,
          new SecretKeySpec(MessageDigest.getInstance("SHA-256").digest(key), "AES"),
          new IvParameterSpec(bytes(part, IV)));
      byte[] plain = c.doFinal(bytes(part, part.remaining()));
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(plain, CHECKSUM, plain.length - CHECKSUM);
      if (!MessageDigest.isEqual(sha1.digest(), Arrays.copyOf(plain, CHECKSUM))) {
        throw new CodecException(
            "what user " + new String(user, UTF_8) + " encrypted has another password");
      }
      return ByteBuffer.wrap(plain, CHECKSUM, plain.length - CHECKSUM).slice();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private byte[] password(byte[] user) {
    String name = new String(user, UTF_8);
    if (passwords == null) {
      throw new CodecException("packet is encrypted, but no auth_file is set");
    }
    String password = passwords.apply(name);
    if (password == null) {
      throw new CodecException("the user " + name + " is unknown");
    }
    return password.getBytes(UTF_8);
  }

  private static byte[] bytes(ByteBuffer b, int n) {
    byte[] to = new byte[n];
    b.get(to);
    return to;
  }
}
