package dev.tethys.pipeline.extension.observer;

import dev.tethys.collect.host.HostPaths;
import dev.tethys.collect.host.HostReadings;
import dev.tethys.collect.host.linux.HostFiles;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import java.time.Duration;

/** Creates {@code host_observer} extensions. */
public final class HostObserverFactory implements ExtensionFactory<HostObserverFactory.Settings> {
  /**
   * The settings.
   *
   * @param interval interval between reads of the process list
   */
  public record Settings(Duration interval) {}

  private static final Section SECTION =
      new Section("host_observer", "Observes the listening ports of this host.");
  private static final Key<Duration> INTERVAL =
      SECTION.key(
          "refresh_interval",
          GoDurations.TYPE,
          Duration.ofSeconds(10),
          "Interval between scans of the listening ports.");

  private static Settings read(YamlObject o) {
    if (!o.get(INTERVAL).isPositive()) {
      throw o.error(INTERVAL, "refresh_interval must be greater than 0");
    }
    return new Settings(o.get(INTERVAL));
  }

  @Override
  public String type() {
    return "host_observer";
  }

  @Override
  public String about() {
    return "Finds the ports of this machine at which processes wait for receiver_creator.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(HostObserverFactory::read);
  }

  @Override
  public Extension create(Settings settings, Context context) {
    String proc = System.getenv("HOST_PROC"); // as host_metrics takes it
    HostPaths usual = HostPaths.DEFAULT;
    HostPaths paths =
        proc == null || proc.isEmpty()
            ? usual
            : new HostPaths(proc, usual.sysfs(), usual.rootfs(), usual.udevData());
    return new HostObserver(
        settings.interval,
        HostFiles.readings(new HostReadings.Sources(paths, "/etc", null), Duration.ZERO),
        context.name(),
        context.id().toString(),
        Thread::sleep);
  }
}
