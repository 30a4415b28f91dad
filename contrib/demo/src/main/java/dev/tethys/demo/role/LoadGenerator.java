package dev.tethys.demo.role;

import dev.tethys.demo.Product;
import dev.tethys.demo.Shopper;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Simulated customers who browse, search, fill carts and order: a fixed number of requests per
 * second, regardless of the shop's response time, up to a limit.
 */
final class LoadGenerator implements AutoCloseable {
  private static final int MAX_CONCURRENT = 200;
  private static final Duration TIMEOUT = Duration.ofSeconds(15);

  private final WebClient http;
  private final int port;
  private final double rate;
  private final Semaphore permits = new Semaphore(MAX_CONCURRENT);
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final Thread thread;

  /**
   * @param port loopback port of the frontend
   * @param rate requests a second
   */
  LoadGenerator(WebClient http, int port, double rate) {
    this.http = http;
    this.port = port;
    this.rate = rate;
    thread = Thread.ofVirtual().name("load").start(SupervisedLoop.of("load", this::loop));
  }

  /** Requests with a response status below 500. */
  long answered() {
    return answered.get();
  }

  /** Requests with a response status of 500 or above, or without a response. */
  long failed() {
    return failed.get();
  }

  private void loop() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    try {
      while (true) {
        double seconds = -Math.log(1 - random.nextDouble()) / rate; // Poisson arrivals
        TimeUnit.NANOSECONDS.sleep((long) (seconds * 1e9));
        if (permits.tryAcquire()) {
          Thread.ofVirtual().name("shopper").start(this::visit);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void visit() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    String user = "user=" + random.nextInt(Shopper.COUNT);
    Product product = Product.ALL.get(random.nextInt(Product.ALL.size()));
    int kind = random.nextInt(100);
    try {
      if (kind < 35) {
        request("GET", "/home?" + user);
      } else if (kind < 60) {
        String make = product.name().substring(0, product.name().indexOf(' '));
        request("GET", "/search?" + user + "&category=" + product.category() + "&q=" + make);
      } else if (kind < 80) {
        request("GET", "/product/" + product.id() + "?" + user);
      } else {
        request("POST", "/cart?" + user + "&product=" + product.id());
        if (kind >= 88) {
          request("POST", "/checkout?" + user);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      permits.release();
    }
  }

  private void request(String method, String path) throws InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    byte[] body = method.equals("POST") ? new byte[0] : null;
    try (ClientResponse a =
        http.send(new ClientRequest(method, uri, Map.of(), body, TIMEOUT, null))) {
      a.body().transferTo(OutputStream.nullOutputStream());
      (a.status() < 500 ? answered : failed).incrementAndGet();
    } catch (IOException e) {
      failed.incrementAndGet();
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
