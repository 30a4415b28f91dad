package dev.tethys.pipeline.ottl.function;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hasher32;
import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Hashes of strings, as hexadecimal digits. */
final class HashConverters {
  private static final HexFormat HEX = HexFormat.of();
  private static final Hasher32 MURMUR32 = Hashing.murmur3_32();
  private static final Hasher128 MURMUR128 = Hashing.murmur3_128();
  private static final Hasher64 XXH3 = Hashing.xxh3_64();
  private static final Hasher128 XXH128 = Hashing.xxh3_128();

  private HashConverters() {}

  private interface OfBytes {
    Object of(byte[] bytes);
  }

  static List<OttlFunction> all() {
    return List.of(
        hash("FNV", Type.INT, HashConverters::fnv1a),
        digest("MD5", "MD5"),
        digest("SHA1", "SHA-1"),
        digest("SHA256", "SHA-256"),
        digest("SHA512", "SHA-512"),
        hash(
            "Murmur3Hash",
            Type.STRING,
            b -> HEX.toHexDigits(Integer.reverseBytes(MURMUR32.hashBytesToInt(b)))),
        hash(
            "Murmur3Hash128",
            Type.STRING,
            b -> {
              HashValue128 h = MURMUR128.hashBytesTo128Bits(b);
              return HEX.toHexDigits(Long.reverseBytes(h.getLeastSignificantBits()))
                  + HEX.toHexDigits(Long.reverseBytes(h.getMostSignificantBits()));
            }),
        hash("XXH3", Type.STRING, b -> HEX.toHexDigits(XXH3.hashBytesToLong(b))),
        hash(
            "XXH128",
            Type.STRING,
            b -> {
              HashValue128 h = XXH128.hashBytesTo128Bits(b);
              return HEX.toHexDigits(h.getMostSignificantBits())
                  + HEX.toHexDigits(h.getLeastSignificantBits());
            }));
  }

  private static OttlFunction hash(String name, Type result, OfBytes f) {
    return OttlFunction.converter(name, result)
        .takes("value", ParameterKind.STRING)
        .made(a -> TypeConverters.one(a, v -> f.of(Encodings.utf8(StringConverters.string(v)))));
  }

  private static OttlFunction digest(String name, String algorithm) {
    return hash(name, Type.STRING, b -> HEX.formatHex(digest(algorithm).digest(b)));
  }

  static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static long fnv1a(byte[] bytes) {
    long h = 0xcbf29ce484222325L;
    for (byte b : bytes) {
      h = (h ^ (b & 0xff)) * 0x100000001b3L;
    }
    return h;
  }
}
