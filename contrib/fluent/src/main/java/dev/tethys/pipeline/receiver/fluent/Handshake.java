package dev.tethys.pipeline.receiver.fluent;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.fluent.MsgPackReader;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Authentication handshake: the sender proves that it knows the shared key, and optionally a user's
 * password, and the receiver proves the same. The messages are HELO with a nonce, PING with
 * digests, PONG. Both sides send SHA-512 of a salt, the name of a host, the nonce and the key.
 *
 * @param users passwords by names; empty without user authentication
 */
record Handshake(String hostname, Secret sharedKey, Map<String, Secret> users) {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Section SECTION =
      new Section("security", "Authentication of senders, as in Fluentd's <security>.");
  private static final Key<String> HOSTNAME =
      SECTION.required("self_hostname", Type.STRING, "Host name that the receiver reports.");
  private static final Key<Secret> SHARED_KEY =
      SECTION.required("shared_key", Type.SECRET, "Key shared by the receiver and its clients.");
  private static final Key<Map<String, Secret>> USERS =
      SECTION.key("users", Type.map(Type.SECRET), Map.of(), "Passwords by user name.");

  static final Type<Handshake> TYPE =
      SECTION.type(o -> new Handshake(o.get(HOSTNAME), o.get(SHARED_KEY), o.get(USERS)));

  /**
   * Performs the handshake with a sender.
   *
   * @return the reason of a rejection; null if accepted
   */
  @Nullable String with(MsgPackReader in, OutputStream out) throws IOException {
    byte[] nonce = random();
    byte[] salt = users.isEmpty() ? new byte[0] : random();
    Pack helo = new Pack().list(2).text("HELO").map(3);
    helo.text("nonce").bytes(nonce).text("auth").bytes(salt).text("keepalive").bool(true);
    helo.to(out);
    @Nullable Object[] ping = in.next();
    if (ping == null) {
      throw new EOFException("no PING");
    }
    if (ping.length != 6 || !"PING".equals(text(ping[0]))) {
      throw new CodecException("PING expected after HELO");
    }
    byte[] keySalt = bytes(ping[2]);
    byte[] host = bytes(ping[1]);
    byte[] key = sharedKey.value().getBytes(StandardCharsets.UTF_8);
    String reason = null;
    if (!same(digest(keySalt, host, nonce, key), text(ping[3]))) {
      reason = "shared_key mismatch";
    } else if (!users.isEmpty()) {
      String name = text(ping[4]);
      Secret password = users.get(name);
      boolean known =
          password != null
              && same(
                  digest(
                      salt,
                      name.getBytes(StandardCharsets.UTF_8),
                      password.value().getBytes(StandardCharsets.UTF_8)),
                  text(ping[5]));
      reason = known ? null : "username/password mismatch";
    }
    Pack pong =
        new Pack().list(5).text("PONG").bool(reason == null).text(reason == null ? "" : reason);
    String own = reason == null ? hostname : "";
    pong.text(own)
        .text(
            reason == null ? digest(keySalt, own.getBytes(StandardCharsets.UTF_8), nonce, key) : "")
        .to(out);
    return reason;
  }

  private static byte[] random() {
    byte[] b = new byte[16];
    RANDOM.nextBytes(b);
    return b;
  }

  private static boolean same(String a, String b) {
    return MessageDigest.isEqual(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }

  private static String digest(byte[]... parts) {
    try {
      MessageDigest d = MessageDigest.getInstance("SHA-512");
      for (byte[] p : List.of(parts)) {
        d.update(p);
      }
      return HexFormat.of().formatHex(d.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] bytes(@Nullable Object v) {
    return switch (v) {
      case byte[] b -> b;
      case String s -> s.getBytes(StandardCharsets.UTF_8);
      case null, default -> throw new CodecException("a value of PING is not text");
    };
  }

  private static String text(@Nullable Object v) {
    return new String(bytes(v), StandardCharsets.UTF_8);
  }

  /** Encoder of the server's messages, all of which are short. */
  static final class Pack {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Pack list(int n) {
      out.write(0x90 | n);
      return this;
    }

    Pack map(int n) {
      out.write(0x80 | n);
      return this;
    }

    Pack bool(boolean b) {
      out.write(b ? 0xc3 : 0xc2);
      return this;
    }

    Pack text(String s) {
      byte[] b = s.getBytes(StandardCharsets.UTF_8);
      if (b.length < 32) {
        out.write(0xa0 | b.length);
      } else if (b.length < 256) {
        out.write(0xd9);
        out.write(b.length);
      } else {
        out.write(0xda);
        out.write(b.length >> 8);
        out.write(b.length);
      }
      out.writeBytes(b);
      return this;
    }

    Pack bytes(byte[] b) {
      out.write(0xc4);
      out.write(b.length);
      out.writeBytes(b);
      return this;
    }

    void to(OutputStream o) throws IOException {
      out.writeTo(o);
      o.flush();
    }
  }
}
