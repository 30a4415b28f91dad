package dev.tethys.pipeline.processor.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.time.Duration;

/** Limits the rate of API calls and allows bursts. */
final class LookupRateLimiter implements ResourceWatch.Sender {
  private final ResourceWatch.Sender to;
  private final ResourceWatch.Pause pause;
  private final double perSecond;
  private final int burst;

  @GuardedBy("this")
  private double ahead; // calls that were sent before their time

  @GuardedBy("this")
  private long at;

  /**
   * @param perSecond negative for any number
   */
  LookupRateLimiter(
      ResourceWatch.Sender to, ResourceWatch.Pause pause, double perSecond, int burst) {
    this.to = to;
    this.pause = pause;
    this.perSecond = perSecond;
    this.burst = burst;
    this.at = System.nanoTime();
  }

  @Override
  public ClientResponse send(HttpClientConfig config, ClientRequest call)
      throws IOException, InterruptedException {
    long millis = perSecond < 0 ? 0 : book(System.nanoTime());
    if (millis > 0) {
      pause.pause(Duration.ofMillis(millis));
    }
    return to.send(config, call);
  }

  /** Reserves a call; returns the time it has to wait. */
  synchronized long book(long now) {
    ahead = Math.max(0, ahead - (now - at) / 1e9 * perSecond) + 1;
    at = now;
    return ahead <= burst ? 0 : (long) Math.ceil((ahead - burst) / perSecond * 1000);
  }
}
