package dev.tethys.web.internal;

import at.favre.lib.crypto.bcrypt.BCrypt;
import at.favre.lib.crypto.bcrypt.LongPasswordStrategies;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.Secret;
import dev.tethys.model.BoundedMap;
import dev.tethys.web.HttpException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Checks passwords against bcrypt hashes. Invariants: an unknown user costs as much as a configured
 * one; correct passwords are cached for each user, wrong ones in a separate cache, so that guesses
 * evict no user; hashes are computed by a few platform threads, because each costs much CPU by
 * design; cache keys do not reveal passwords.
 */
public final class Passwords {
  /** Number of wrong combinations in the cache. */
  static final int REMEMBERED = 100;

  /** Number of passwords that may wait for a thread; further ones are rejected with 503. */
  static final int WAITING = 64;

  private static final BCrypt.Version VERSION = BCrypt.Version.VERSION_2Y;
  private static final String ALPHABET =
      "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final int SALT_CHARS = 22;
  private static final int HASH_CHARS = 53;

  private static final Executor HASHING = hashing();

  private final Executor executor;
  private final BiPredicate<String, String> verifier;
  private byte @Nullable [] salt; // made when first needed: it takes some hundredths of a second

  @GuardedBy("this")
  private final Map<String, String> right = new HashMap<>(); // key by user

  private final ConcurrentMap<String, CompletableFuture<Boolean>> underWay =
      new ConcurrentHashMap<>();

  @GuardedBy("this")
  private final Map<String, Boolean> wrong = BoundedMap.byUse(REMEMBERED);

  public Passwords() {
    this(HASHING, Passwords::matches);
  }

  /**
   * @param verifier checks a password against a hash
   */
  Passwords(Executor executor, BiPredicate<String, String> verifier) {
    this.executor = executor;
    this.verifier = verifier;
  }

  private static Executor hashing() {
    int threads = Math.max(2, Runtime.getRuntime().availableProcessors() / 2);
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            work -> Thread.ofPlatform().daemon().name("password-hashing").unstarted(work));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private static boolean matches(String password, String hash) {
    return BCrypt.verifyer(VERSION, LongPasswordStrategies.truncate(VERSION))
        .verify(password.getBytes(StandardCharsets.UTF_8), hash.getBytes(StandardCharsets.US_ASCII))
        .verified;
  }

  /**
   * Whether the user exists and has this password.
   *
   * @throws HttpException 503 when too many passwords wait to be checked
   */
  public boolean check(Map<String, Secret> users, String user, String password) {
    Secret known = users.get(user);
    String hash = known == null ? decoy(users, user) : known.value();
    String key = key(user, hash, password);
    synchronized (this) {
      if (known != null && key.equals(right.get(user))) {
        return true;
      }
      if (wrong.get(key) != null) {
        return false;
      }
    }
    boolean accepted = verified(key, password, hash) && known != null;
    synchronized (this) {
      if (accepted) {
        right.put(user, key);
        if (right.size() > 2 * users.size()) {
          right.keySet().retainAll(users.keySet());
        }
      } else {
        wrong.put(key, true);
      }
    }
    return accepted;
  }

  /** Computes a hash; concurrent requests for the same hash wait for one result. */
  private boolean verified(String key, String password, String hash) {
    CompletableFuture<Boolean> mine = new CompletableFuture<>();
    CompletableFuture<Boolean> other = underWay.putIfAbsent(key, mine);
    if (other == null) {
      try {
        executor.execute(() -> complete(mine, key, password, hash));
      } catch (RejectedExecutionException e) {
        underWay.remove(key, mine);
        mine.completeExceptionally(busy());
        throw busy();
      }
    }
    try {
      return (other == null ? mine : other).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw busy();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HttpException h) {
        throw h;
      }
      throw new IllegalStateException("checking a password", e);
    }
  }

  private void complete(
      CompletableFuture<Boolean> result, String key, String password, String hash) {
    try {
      result.complete(verifier.test(password, hash));
    } catch (RuntimeException | Error e) {
      result.completeExceptionally(e);
    } finally {
      underWay.remove(key, result);
    }
  }

  private static HttpException busy() {
    return new HttpException(
        503, "more than " + WAITING + " passwords wait to be checked; try again later");
  }

  /**
   * A hash that no password matches, for an unknown user. Its cost is that of one of the configured
   * users, always the same for the same name.
   */
  String decoy(Map<String, Secret> users, String user) {
    byte[] random = digest(user, "", "");
    List<Secret> hashes = new ArrayList<>(users.values());
    String like =
        hashes.get(Math.floorMod(random[0] << 8 | random[1] & 0xff, hashes.size())).value();
    StringBuilder sb = new StringBuilder("$2y$").append(like, 4, 6).append('$');
    byte[] more = digest(user, "more", "");
    for (int i = 0; i < HASH_CHARS; i++) {
      int bits = (i < random.length ? random[i] : more[i - random.length]) & 63;
      // the last character of salt and hash has unused bits, which are zero
      bits &= i == SALT_CHARS - 1 ? 0b110000 : i == HASH_CHARS - 1 ? 0b111100 : 63;
      sb.append(ALPHABET.charAt(bits));
    }
    return sb.toString();
  }

  private String key(String user, String hash, String password) {
    return HexFormat.of().formatHex(digest(user, hash, password));
  }

  private byte[] digest(String... parts) {
    try {
      MessageDigest d = MessageDigest.getInstance("SHA-256");
      d.update(salt());
      for (String s : parts) {
        byte[] b = s.getBytes(StandardCharsets.UTF_8);
        d.update((byte) (b.length >>> 24));
        d.update((byte) (b.length >>> 16));
        d.update((byte) (b.length >>> 8));
        d.update((byte) b.length);
        d.update(b);
      }
      return d.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK supports SHA-256", e);
    }
  }

  private synchronized byte[] salt() {
    byte[] s = salt;
    if (s == null) {
      s = new byte[16];
      new SecureRandom().nextBytes(s);
      salt = s;
    }
    return s;
  }
}
