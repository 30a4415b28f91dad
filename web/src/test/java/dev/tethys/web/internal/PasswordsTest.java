package dev.tethys.web.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import at.favre.lib.crypto.bcrypt.BCrypt;
import dev.tethys.config.Secret;
import dev.tethys.web.HttpException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PasswordsTest {
  private static Secret hash(int cost, String password) {
    return new Secret(BCrypt.withDefaults().hashToString(cost, password.toCharArray()));
  }

  private final AtomicInteger computed = new AtomicInteger();

  private Passwords counting() {
    return new Passwords(
        Runnable::run,
        (password, hash) -> {
          computed.incrementAndGet();
          return hash.equals("hash of " + password);
        });
  }

  private static final Map<String, Secret> USERS =
      Map.of("ann", new Secret("hash of a"), "joe", new Secret("hash of j"));

  @Test
  void checksHashes() {
    Passwords p = new Passwords();
    Map<String, Secret> users = Map.of("ann", hash(4, "secret"));
    assertThat(p.check(users, "ann", "secret")).isTrue();
    assertThat(p.check(users, "ann", "other")).isFalse();
    assertThat(p.check(users, "joe", "secret")).isFalse();
    assertThat(p.check(Map.of("ann", hash(4, "new")), "ann", "secret")).isFalse();
  }

  /** Else the time of a response would show which users exist. */
  @Test
  void unknownUserTakesAsLongAsConfiguredOne() {
    Passwords p = new Passwords();
    Map<String, Secret> users = Map.of("ann", hash(4, "a"), "joe", hash(4, "b"));
    for (int i = 0; i < 100; i++) {
      String decoy = p.decoy(users, "user" + i);
      assertThat(decoy).startsWith("$2y$04$").hasSize(60).isEqualTo(p.decoy(users, "user" + i));
      assertThat(BCrypt.verifyer().verify("x".toCharArray(), decoy).validFormat).isTrue();
    }
    assertThat(p.decoy(Map.of("ann", new Secret("$2y$13$" + "a".repeat(53))), "x"))
        .startsWith("$2y$13$");
    assertThat(p.decoy(users, "user1")).isNotEqualTo(new Passwords().decoy(users, "user1"));
  }

  @Test
  void guessesDoNotEvictValidPasswords() {
    Passwords p = counting();
    assertThat(p.check(USERS, "ann", "a")).isTrue();
    for (int i = 0; i < 10 * Passwords.REMEMBERED; i++) {
      assertThat(p.check(USERS, "ann", "guess" + i)).isFalse();
    }
    int before = computed.get();
    assertThat(p.check(USERS, "ann", "a")).isTrue();
    assertThat(p.check(USERS, "ann", "guess" + (10 * Passwords.REMEMBERED - 1))).isFalse();
    assertThat(computed).hasValue(before);
  }

  @Test
  void pendingHashDelaysNoOtherAndIsComputedOnce() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Passwords p =
        new Passwords(
            work -> Thread.ofPlatform().daemon().start(work),
            (password, hash) -> {
              if (password.equals("a")) {
                computed.incrementAndGet();
                begun.countDown();
                await(end);
              }
              return hash.equals("hash of " + password);
            });
    List<CompletableFuture<Boolean>> slow = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      slow.add(CompletableFuture.supplyAsync(() -> p.check(USERS, "ann", "a")));
    }
    await(begun);
    assertThat(p.check(USERS, "joe", "j")).isTrue();
    end.countDown();
    for (CompletableFuture<Boolean> s : slow) {
      assertThat(s.get(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(computed).hasValue(1);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void limitsConcurrentChecks() {
    Passwords p =
        new Passwords(
            work -> {
              throw new RejectedExecutionException();
            },
            (password, hash) -> true);
    assertThatThrownBy(() -> p.check(USERS, "ann", "a"))
        .isInstanceOfSatisfying(HttpException.class, e -> assertThat(e.status()).isEqualTo(503));
    assertThatThrownBy(() -> p.check(USERS, "nobody", "a")).isInstanceOf(HttpException.class);
  }
}
