package dev.tethys.web.cloud;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Tokens that are fetched when needed and kept until five minutes before they end. Safe for any
 * number of threads; one of them fetches.
 */
public abstract class BearerTokens {
  static final Duration EARLY = Duration.ofMinutes(5);

  /** A token and when it ends. */
  record Token(String value, Instant expires) {}

  private final CredentialDependencies dependencies;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private @Nullable Token kept;

  BearerTokens(CredentialDependencies dependencies) {
    this.dependencies = dependencies;
  }

  CredentialDependencies dependencies() {
    return dependencies;
  }

  abstract Token fetch() throws IOException, InterruptedException;

  /**
   * Returns the token that is valid for at least some minutes, if the server issues such tokens.
   */
  public final String token() throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      Token t = kept;
      Instant now = dependencies.clock().instant();
      if (t == null || !now.isBefore(t.expires.minus(EARLY))) {
        t = fetch();
        kept = t;
      }
      return t.value;
    } finally {
      lock.unlock();
    }
  }

  /** Drops the token, which was rejected. */
  public final void refused() {
    lock.lock();
    try {
      kept = null;
    } finally {
      lock.unlock();
    }
  }

  /** Parses the response of a token server. */
  final Token token(String url, JsonNode n) throws IOException {
    String value = n.path("access_token").asString("");
    if (value.isEmpty()) {
      throw new IOException(url + " answered without access_token");
    }
    long seconds = n.path("expires_in").asLong(0);
    long on = n.path("expires_on").asLong(0);
    Instant now = dependencies.clock().instant();
    Instant expires =
        seconds > 0
            ? now.plusSeconds(Math.min(seconds, 1L << 32))
            : on > 0
                ? Instant.ofEpochSecond(Math.min(on, 1L << 40))
                : now.plus(EARLY.multipliedBy(2));
    return new Token(value, expires);
  }
}
