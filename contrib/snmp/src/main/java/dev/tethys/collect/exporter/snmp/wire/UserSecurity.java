package dev.tethys.collect.exporter.snmp.wire;

import dev.tethys.collect.exporter.snmp.wire.Credentials.Authentication;
import dev.tethys.collect.exporter.snmp.wire.Credentials.Privacy;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Messages of version 3 with the user-based security model (RFC 3412, 3414). Not thread-safe: it
 * holds the engine of one agent, its boots and its clock.
 */
final class UserSecurity {
  private static final int USM = 3;
  private static final int AUTHENTICATED = 1;
  private static final int ENCRYPTED = 2;
  private static final int REPORTABLE = 4;
  private static final byte[] NONE = {};

  private final Credentials credentials;
  private final byte[] contextName;
  private final byte[] contextEngine;
  private byte[] engine = NONE;
  private int boots;
  private long clockAhead;
  private byte[] authenticationKey = NONE;
  private byte[] privacyKey = NONE;
  private long salt = ThreadLocalRandom.current().nextLong();

  /**
   * @param contextEngine SNMPv3 context engine ID; empty for the agent's own
   */
  UserSecurity(Credentials credentials, byte[] contextName, byte[] contextEngine) {
    this.credentials = credentials;
    this.contextName = contextName.clone();
    this.contextEngine = contextEngine.clone();
  }

  /** A message that was read. */
  record Opened(int messageId, Pdu pdu) {}

  boolean hasEngineId() {
    return engine.length > 0;
  }

  /** Encodes a request; while the engine is unknown, a request that makes the agent report it. */
  byte[] write(int messageId, Pdu pdu) throws GeneralSecurityException {
    Authentication how = hasEngineId() ? credentials.authentication() : null;
    Privacy what = how == null ? null : credentials.privacy();
    int flags = REPORTABLE | (how == null ? 0 : AUTHENTICATED) | (what == null ? 0 : ENCRYPTED);
    int time = time();
    byte[] scoped =
        new BerWriter()
            .value(
                Ber.SEQUENCE,
                new BerWriter()
                    .string(contextEngine.length > 0 ? contextEngine : engine)
                    .string(contextName)
                    .value(pdu.type(), pdu.content()))
            .bytes();
    byte[] parameters = NONE;
    if (what != null) {
      parameters = parameters(what);
      scoped =
          new BerWriter()
              .string(
                  crypt(Cipher.ENCRYPT_MODE, what, boots, time, parameters, padded(what, scoped)))
              .bytes();
    }
    byte[] code = how == null ? NONE : new byte[how.length];
    byte[] message = message(messageId, flags, time, code, parameters, scoped);
    if (how != null) {
      // The code is computed over the message with zeros in its place.
      code = code(how, message);
      message = message(messageId, flags, time, code, parameters, scoped);
    }
    return message;
  }

  private byte[] message(
      int messageId, int flags, int time, byte[] code, byte[] parameters, byte[] scoped) {
    BerWriter security =
        new BerWriter()
            .string(engine)
            .integer(boots)
            .integer(time)
            .string(hasEngineId() ? credentials.user() : NONE)
            .string(code)
            .string(parameters);
    byte[] head =
        new BerWriter()
            .integer(3)
            .value(
                Ber.SEQUENCE,
                new BerWriter()
                    .integer(messageId)
                    .integer(SnmpTransport.MAX_MESSAGE)
                    .string(new byte[] {(byte) flags})
                    .integer(USM))
            .string(new BerWriter().value(Ber.SEQUENCE, security).bytes())
            .bytes();
    byte[] all = Arrays.copyOf(head, head.length + scoped.length);
    System.arraycopy(scoped, 0, all, head.length, scoped.length);
    return new BerWriter().value(Ber.SEQUENCE, all).bytes();
  }

  private int time() {
    return (int) (System.nanoTime() / 1_000_000_000L + clockAhead) & 0x7fff_ffff;
  }

  private byte[] parameters(Privacy what) {
    salt++;
    return what == Privacy.DES
        ? ByteBuffer.allocate(8).putInt(boots).putInt((int) salt).array()
        : ByteBuffer.allocate(8).putLong(salt).array();
  }

  private static byte[] padded(Privacy what, byte[] b) {
    return what == Privacy.DES ? Arrays.copyOf(b, (b.length + 7) / 8 * 8) : b;
  }

  private byte[] crypt(int mode, Privacy what, int boots, int time, byte[] parameters, byte[] b)
      throws GeneralSecurityException {
    if (what == Privacy.DES) {
      byte[] iv = new byte[8];
      for (int i = 0; i < iv.length; i++) {
        iv[i] = (byte) (privacyKey[8 + i] ^ parameters[i]);
      }
      Cipher c = Cipher.getInstance("DES/CBC/NoPadding");
      c.init(mode, new SecretKeySpec(privacyKey, 0, 8, "DES"), new IvParameterSpec(iv));
      return c.doFinal(b);
    }
    byte[] iv = ByteBuffer.allocate(16).putInt(boots).putInt(time).put(parameters).array();
    Cipher c = Cipher.getInstance("AES/CFB/NoPadding");
    c.init(mode, new SecretKeySpec(privacyKey, "AES"), new IvParameterSpec(iv));
    return c.doFinal(b);
  }

  private byte[] code(Authentication how, byte[] message) throws GeneralSecurityException {
    Mac mac = Mac.getInstance(how.mac);
    mac.init(new SecretKeySpec(authenticationKey, how.mac));
    return Arrays.copyOf(mac.doFinal(message), how.length);
  }

  /**
   * Reads a response.
   *
   * @throws MalformedMessageException if it is malformed, or not signed or encrypted as required;
   *     error reports need not be
   */
  Opened read(byte[] message) throws MalformedMessageException {
    BerReader all = new BerReader(message, 0, message.length).inside(Ber.SEQUENCE);
    if (all.integer() != 3) {
      throw new MalformedMessageException("a response of another version of SNMP");
    }
    BerReader header = all.inside(Ber.SEQUENCE);
    int id = (int) header.integer();
    header.integer();
    byte[] f = header.string();
    int flags = f.length == 1 ? f[0] : 0;
    if (header.integer() != USM) {
      throw new MalformedMessageException("a response of another security model");
    }
    BerReader security = all.inside(Ber.OCTET_STRING).inside(Ber.SEQUENCE);
    final byte[] from = security.string();
    final int itsBoots = (int) security.integer();
    final int itsTime = (int) security.integer();
    security.string();
    BerReader signature = security.inside(Ber.OCTET_STRING);
    final byte[] parameters = security.string();
    Authentication how = credentials.authentication();
    boolean signed = false;
    if ((flags & AUTHENTICATED) != 0 && how != null && hasEngineId()) {
      check(how, message, signature);
      signed = true;
    }
    Privacy what = credentials.privacy();
    BerReader scoped = all;
    boolean encrypted = (flags & ENCRYPTED) != 0;
    if (encrypted) {
      scoped = decrypted(what, itsBoots, itsTime, parameters, all.string());
    }
    BerReader in = scoped.inside(Ber.SEQUENCE);
    in.string();
    in.string();
    Pdu pdu = Pdu.read(in);
    if (pdu.type() != Pdu.REPORT) {
      if (!Arrays.equals(from, engine)) {
        throw new MalformedMessageException("a response of another engine");
      }
      if ((how != null && !signed) || (what != null && !encrypted)) {
        throw new MalformedMessageException("a response is not protected like the request");
      }
    } else if (!hasEngineId() || signed) {
      meet(from, itsBoots, itsTime);
    }
    return new Opened(id, pdu);
  }

  private void check(Authentication how, byte[] message, BerReader signature)
      throws MalformedMessageException {
    byte[] sent = signature.rest();
    byte[] blank = message.clone();
    Arrays.fill(blank, signature.position(), signature.position() + sent.length, (byte) 0);
    try {
      if (!MessageDigest.isEqual(sent, code(how, blank))) {
        throw new MalformedMessageException("incoming packet is not authentic, discarding");
      }
    } catch (GeneralSecurityException e) {
      throw new MalformedMessageException("the signature cannot be checked: " + e.getMessage());
    }
  }

  private BerReader decrypted(
      @Nullable Privacy what, int itsBoots, int itsTime, byte[] parameters, byte[] b)
      throws MalformedMessageException {
    if (what == null || privacyKey.length == 0 || parameters.length != 8) {
      throw new MalformedMessageException("the response is encrypted although the request was not");
    }
    try {
      byte[] plain = crypt(Cipher.DECRYPT_MODE, what, itsBoots, itsTime, parameters, b);
      return new BerReader(plain, 0, plain.length);
    } catch (GeneralSecurityException e) {
      throw new MalformedMessageException("the response cannot be decrypted: " + e.getMessage());
    }
  }

  /**
   * Adopts the engine state of an agent, either for the first time or after it was authenticated.
   */
  private void meet(byte[] from, int itsBoots, int itsTime) throws MalformedMessageException {
    if (from.length < 1 || from.length > 64) {
      throw new MalformedMessageException("invalid engine id size: " + from.length + " bytes");
    }
    boots = itsBoots;
    clockAhead = itsTime - System.nanoTime() / 1_000_000_000L;
    if (!Arrays.equals(from, engine)) {
      engine = from;
      Authentication how = credentials.authentication();
      Privacy what = credentials.privacy();
      authenticationKey = how == null ? NONE : credentials.authenticationKey(how, from);
      privacyKey = how == null || what == null ? NONE : credentials.privacyKey(how, what, from);
    }
  }
}
