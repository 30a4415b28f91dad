package dev.tethys.codec.nats;

import dev.tethys.codec.CodecException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPublicKey;
import java.util.Arrays;
import java.util.Base64;

/**
 * Key of a NATS user (github.com/nats-io/nkeys): an Ed25519 seed in base 32, with a prefix of two
 * bytes for its type and a suffix with the CRC-16 (XMODEM). Users authenticate by signing a nonce
 * of the server.
 */
public final class NatsKey {
  private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  private static final int SEED = 18 << 3;
  private static final int USER = 20 << 3;

  private final KeyPair keys;

  private NatsKey(KeyPair keys) {
    this.keys = keys;
  }

  /**
   * Reads a seed, such as {@code SUA…}.
   *
   * @throws CodecException if the text is not the seed of a user
   */
  public static NatsKey ofSeed(String text) {
    byte[] all = decode(text.strip());
    if (all.length != 36 || crc(all, 34) != ((all[34] & 0xff) | (all[35] & 0xff) << 8)) {
      throw new CodecException("not the seed of an nkey, or some of its characters are wrong");
    }
    int of = (all[0] & 7) << 5 | (all[1] & 0xf8) >> 3;
    if ((all[0] & 0xf8) != SEED || of != USER) {
      throw new CodecException("not the seed of a user, which begins with SU");
    }
    byte[] seed = Arrays.copyOfRange(all, 2, 34);
    try {
      KeyPairGenerator g = KeyPairGenerator.getInstance("Ed25519");
      g.initialize(255, new FixedSeed(seed));
      return new NatsKey(g.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new CodecException("Ed25519: " + e.getMessage(), e);
    }
  }

  /** The seed of the generator, which is the private key. */
  private static final class FixedSeed extends SecureRandom {
    private static final long serialVersionUID = 1L;
    private final byte[] seed;

    FixedSeed(byte[] seed) {
      this.seed = seed;
    }

    @Override
    public void nextBytes(byte[] bytes) {
      System.arraycopy(seed, 0, bytes, 0, bytes.length);
    }
  }

  /** Returns the user's public key in the server's form: {@code U…}. */
  public String user() {
    EdECPublicKey k = (EdECPublicKey) keys.getPublic();
    byte[] y = k.getPoint().getY().toByteArray(); // the highest first
    byte[] all = new byte[35];
    all[0] = (byte) USER;
    for (int i = 0; i < y.length && i < 32; i++) {
      all[1 + i] = y[y.length - 1 - i];
    }
    if (k.getPoint().isXOdd()) {
      all[32] |= (byte) 0x80;
    }
    int crc = crc(all, 33);
    all[33] = (byte) crc;
    all[34] = (byte) (crc >> 8);
    return encode(all);
  }

  /** Signs the server's nonce, in the form that the server requires. */
  public String sign(String nonce) {
    try {
      Signature s = Signature.getInstance("Ed25519");
      s.initSign(keys.getPrivate());
      s.update(nonce.getBytes(StandardCharsets.US_ASCII));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(s.sign());
    } catch (GeneralSecurityException e) {
      throw new CodecException("Ed25519: " + e.getMessage(), e);
    }
  }

  private static int crc(byte[] b, int n) {
    int crc = 0;
    for (int i = 0; i < n; i++) {
      crc ^= (b[i] & 0xff) << 8;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
      }
    }
    return crc & 0xffff;
  }

  private static byte[] decode(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int held = 0;
    int bits = 0;
    for (int i = 0; i < text.length(); i++) {
      int v = ALPHABET.indexOf(text.charAt(i));
      if (v < 0) {
        throw new CodecException("an nkey consists of capital letters and the digits 2 to 7");
      }
      held = held << 5 | v;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        out.write(held >> bits);
        held &= (1 << bits) - 1;
      }
    }
    return out.toByteArray();
  }

  private static String encode(byte[] b) {
    StringBuilder sb = new StringBuilder();
    int held = 0;
    int bits = 0;
    for (byte x : b) {
      held = held << 8 | x & 0xff;
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        sb.append(ALPHABET.charAt(held >> bits & 31));
        held &= (1 << bits) - 1;
      }
    }
    return bits == 0 ? sb.toString() : sb.append(ALPHABET.charAt(held << 5 - bits & 31)).toString();
  }
}
