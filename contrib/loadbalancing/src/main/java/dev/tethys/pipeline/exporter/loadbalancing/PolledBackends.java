package dev.tethys.pipeline.exporter.loadbalancing;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.IpText;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Backends that are looked up periodically: addresses of a DNS name, or instances registered in AWS
 * Cloud Map. While a lookup fails, the last result is kept.
 */
final class PolledBackends implements BackendSource {
  /** A lookup. */
  interface Lookup {
    /** Addresses of the backends, with their ports. */
    List<String> find() throws IOException, InterruptedException;
  }

  private final String name;
  private final String address;
  private final Duration interval;
  private final Lookup lookup;
  private final Scheduler clock;

  @GuardedBy("this")
  private @Nullable Listener listener; // null while it does not run

  @GuardedBy("this")
  private Scheduler.@Nullable Timer timer;

  private PolledBackends(
      String name, String address, Duration interval, Lookup lookup, Scheduler clock) {
    this.name = name;
    this.address = address;
    this.interval = interval;
    this.lookup = lookup;
    this.clock = clock;
  }

  static PolledBackends dns(LoadBalancingSettings.Dns s, NameLookup lookup, Scheduler clock) {
    return new PolledBackends(
        "dns",
        s.hostname(),
        s.interval(),
        () -> {
          List<String> names = new ArrayList<>();
          for (InetAddress a : lookup.addresses(s.hostname(), s.timeout())) {
            String host = IpText.of(a);
            names.add(
                (a instanceof Inet6Address ? "[" + host + "]" : host)
                    + (s.port().isEmpty() ? "" : ":" + s.port()));
          }
          return names;
        },
        clock);
  }

  static PolledBackends cloudMap(
      LoadBalancingSettings.CloudMap s, CloudMapCall call, Scheduler clock) {
    return new PolledBackends(
        "aws_cloud_map",
        s.service() + "." + s.namespace(),
        s.interval(),
        () -> instances(s, call),
        clock);
  }

  /** Queries AWS Cloud Map. */
  interface CloudMapCall {
    JsonNode discover(Map<String, Object> request, Duration timeout)
        throws IOException, InterruptedException;
  }

  private static List<String> instances(LoadBalancingSettings.CloudMap s, CloudMapCall call)
      throws IOException, InterruptedException {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("NamespaceName", s.namespace());
    request.put("ServiceName", s.service());
    request.put("HealthStatus", s.healthStatus());
    if (!s.ownerAccount().isEmpty()) {
      request.put("OwnerAccount", s.ownerAccount());
    }
    JsonNode answer = call.discover(request, s.timeout());
    List<String> names = new ArrayList<>();
    for (JsonNode instance : answer.path("Instances")) {
      JsonNode attributes = instance.path("Attributes");
      String host = attributes.path("AWS_INSTANCE_IPV4").asString("");
      String port =
          s.port() > 0
              ? String.valueOf(s.port())
              : attributes.path("AWS_INSTANCE_PORT").asString("");
      if (!host.isEmpty()) {
        names.add(port.isEmpty() ? host : host + ":" + port);
      }
    }
    return names;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String address() {
    return address;
  }

  @Override
  public void start(Listener to) {
    synchronized (this) {
      listener = to;
    }
    refresh();
  }

  private void refresh() {
    Listener to;
    synchronized (this) {
      to = listener;
    }
    if (to == null) {
      return;
    }
    try {
      to.found(lookup.find());
    } catch (IOException e) {
      to.failed(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) { // of any kind, looking never ends permanently
      to.failed(e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    synchronized (this) {
      if (listener != null) {
        timer =
            clock.schedule(interval, () -> clock.execute("loadbalancing-" + name, this::refresh));
      }
    }
  }

  @Override
  public synchronized void stop() {
    listener = null;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}
