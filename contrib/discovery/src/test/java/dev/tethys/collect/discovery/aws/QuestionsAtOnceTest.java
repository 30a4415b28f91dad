package dev.tethys.collect.discovery.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.discovery.Setting;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Secret;
import dev.tethys.web.cloud.AwsCredentials;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class QuestionsAtOnceTest {
  private static AwsApi api(int concurrency) {
    return new AwsApi(
        "ecs",
        "",
        new AwsCredentials.Settings("r", "k", Secret.NONE, "", "", "", false),
        HttpClientConfig.DEFAULT,
        concurrency,
        new Setting().context);
  }

  @Test
  void limitsConcurrentRequestsAndKeepsTheOrderOfResults() throws Exception {
    CyclicBarrier three = new CyclicBarrier(3); // each waits for two others
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Integer> all = IntStream.range(0, 30).boxed().toList();
    List<Integer> answers =
        api(3)
            .each(
                all,
                n -> {
                  most.accumulateAndGet(now.incrementAndGet(), Math::max);
                  try {
                    three.await(30, TimeUnit.SECONDS);
                  } catch (Exception e) {
                    throw new IOException(e);
                  } finally {
                    now.decrementAndGet();
                  }
                  return n * 2;
                });
    assertThat(answers).containsExactlyElementsOf(all.stream().map(n -> n * 2).toList());
    assertThat(most).hasValue(3);
  }

  @Test
  void failureAppliesToTheWhole() {
    assertThatThrownBy(
            () ->
                api(2)
                    .each(
                        List.of(1, 2, 3),
                        n -> {
                          throw new IOException("refused " + n);
                        }))
        .isInstanceOf(IOException.class)
        .hasMessage("refused 1");
  }
}
