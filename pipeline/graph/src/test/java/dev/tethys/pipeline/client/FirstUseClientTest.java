package dev.tethys.pipeline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FirstUseClientTest {
  private final HttpClientFactory factory = new HttpClientFactory("Tethys/test");
  private final AtomicInteger made = new AtomicInteger();

  @AfterEach
  void close() {
    factory.close();
  }

  /** The creator waits until the other thread has come as far as it can. */
  @Test
  void concurrentFirstUsesGetTheSameClient() throws Exception {
    AtomicReference<Thread> other = new AtomicReference<>();
    FirstUseClient c =
        new FirstUseClient(
            () -> {
              if (made.incrementAndGet() == 1) {
                Thread t = other.get();
                while (made.get() == 1 && t.getState() != Thread.State.BLOCKED) {
                  Thread.onSpinWait();
                }
              }
              return factory.client(HttpClientConfig.DEFAULT);
            });
    FutureTask<WebClient> second =
        new FutureTask<>(
            () -> {
              while (made.get() == 0) {
                Thread.onSpinWait();
              }
              return c.get();
            });
    other.set(Thread.ofPlatform().daemon().start(second));
    WebClient first = c.get();
    assertThat(second.get(30, TimeUnit.SECONDS)).isSameAs(first);
    assertThat(c.get()).isSameAs(first);
    assertThat(made).hasValue(1);
  }

  @Test
  void retriesAFailedCreation() throws Exception {
    FirstUseClient c =
        new FirstUseClient(
            () -> {
              if (made.incrementAndGet() == 1) {
                throw new IOException("no such file");
              }
              return factory.client(HttpClientConfig.DEFAULT);
            });
    assertThatThrownBy(c::get).hasMessage("no such file");
    assertThat(c.get()).isNotNull();
  }
}
