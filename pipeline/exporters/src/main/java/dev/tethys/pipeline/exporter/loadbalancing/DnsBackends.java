package dev.tethys.pipeline.exporter.loadbalancing;

import dev.tethys.model.IpText;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Backends from the addresses of a DNS name, resolved periodically. While resolution fails, the
 * last result is kept.
 */
final class DnsBackends implements BackendSource {
  private final LoadBalancingSettings.Dns settings;
  private final NameLookup lookup;
  private final Scheduler clock;
  private @Nullable Listener listener; // null while it does not run; guarded by this
  private Scheduler.@Nullable Timer timer; // guarded by this

  DnsBackends(LoadBalancingSettings.Dns settings, NameLookup lookup, Scheduler clock) {
    this.settings = settings;
    this.lookup = lookup;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "dns";
  }

  @Override
  public String address() {
    return settings.hostname();
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
      List<String> names = new ArrayList<>();
      for (InetAddress a : lookup.addresses(settings.hostname(), settings.timeout())) {
        String host = IpText.of(a);
        names.add(
            (a instanceof Inet6Address ? "[" + host + "]" : host)
                + (settings.port().isEmpty() ? "" : ":" + settings.port()));
      }
      to.found(names);
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
            clock.schedule(
                settings.interval(), () -> clock.execute("loadbalancing-dns", this::refresh));
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
