package dev.tethys.web.internal;

import at.favre.lib.crypto.bcrypt.BCrypt;
import at.favre.lib.crypto.bcrypt.LongPasswordStrategies;
import dev.tethys.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Checks passwords against bcrypt hashes. Invariants: an unknown user costs as much as a known one;
 * at most one hash is computed at a time, because each costs much CPU by design; what was found out
 * is remembered for {@link #REMEMBERED} combinations, under keys from which no password can be
 * taken back.
 */
public final class Passwords {
  /** How many answers are remembered. */
  static final int REMEMBERED = 100;

  private static final BCrypt.Version VERSION = BCrypt.Version.VERSION_2Y;

  // Both are made when first asked for: they take some hundredths, and a tenth of a second.
  private byte @Nullable [] salt;
  private @Nullable String noUsersHash;
  private final ReentrantLock hashing = new ReentrantLock();
  private final Map<String, Boolean> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  private synchronized byte[] salt() {
    byte[] s = salt;
    if (s == null) {
      s = new byte[16];
      new SecureRandom().nextBytes(s);
      salt = s;
    }
    return s;
  }

  private synchronized String noUsersHash() {
    String h = noUsersHash;
    if (h == null) {
      byte[] unguessable = new byte[24];
      new SecureRandom().nextBytes(unguessable);
      byte[] password = HexFormat.of().formatHex(unguessable).getBytes(StandardCharsets.US_ASCII);
      h = new String(BCrypt.with(VERSION).hash(10, password), StandardCharsets.US_ASCII);
      noUsersHash = h;
    }
    return h;
  }

  /** Whether the user is one of these, with this password. */
  public boolean check(Map<String, Secret> users, String user, String password) {
    Secret known = users.get(user);
    String none = noUsersHash(); // in any case, or the first answer would tell who is known
    String hash = known == null ? none : known.value();
    String key = key(user, hash, password);
    Boolean before;
    synchronized (remembered) {
      before = remembered.get(key);
    }
    if (before != null) {
      return before && known != null;
    }
    boolean right;
    hashing.lock();
    try {
      right =
          BCrypt.verifyer(VERSION, LongPasswordStrategies.truncate(VERSION))
                  .verify(
                      password.getBytes(StandardCharsets.UTF_8),
                      hash.getBytes(StandardCharsets.US_ASCII))
                  .verified
              && known != null;
    } finally {
      hashing.unlock();
    }
    synchronized (remembered) {
      remembered.put(key, right);
    }
    return right;
  }

  private String key(String user, String hash, String password) {
    try {
      MessageDigest d = MessageDigest.getInstance("SHA-256");
      d.update(salt());
      for (String s : new String[] {user, hash, password}) {
        byte[] b = s.getBytes(StandardCharsets.UTF_8);
        d.update((byte) (b.length >>> 8));
        d.update((byte) b.length);
        d.update(b);
      }
      return HexFormat.of().formatHex(d.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
