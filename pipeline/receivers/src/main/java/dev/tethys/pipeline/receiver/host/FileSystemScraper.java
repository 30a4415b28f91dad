package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostReadings.FileSystem;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.Recorder;
import java.io.IOException;
import java.util.List;

/** Space of mounted file systems. */
final class FileSystemScraper {
  private static final String[] PLACE = {"device", "mode", "mountpoint", "type"};
  private static final String[] PLACE_AND_STATE = {"device", "mode", "mountpoint", "type", "state"};

  static final List<Instrument> INSTRUMENTS =
      List.of(
          Instrument.level(
              "system.filesystem.inodes.usage",
              "{inodes}",
              "FileSystem inodes used.",
              PLACE_AND_STATE),
          Instrument.level(
              "system.filesystem.usage", "By", "Filesystem bytes used.", PLACE_AND_STATE),
          Instrument.gauge(
                  "system.filesystem.utilization", "1", "Fraction of filesystem bytes used.", PLACE)
              .optional());

  static final ScraperKind KIND = kind();

  private FileSystemScraper() {}

  private record Choice(
      boolean virtual, NameFilter devices, NameFilter types, NameFilter mountPoints) {}

  private static ScraperKind kind() {
    Section section = new Section("filesystem", "Metrics of mounted file systems.");
    Key<Boolean> virtual =
        section.key(
            "include_virtual_filesystems",
            Type.BOOL,
            false,
            "If true, file systems without a device, such as tmpfs, are included.");
    NameFilter.Keys devices = new NameFilter.Keys(section, "_devices", "devices");
    NameFilter.Keys types = new NameFilter.Keys(section, "_fs_types", "fs_types");
    NameFilter.Keys points = new NameFilter.Keys(section, "_mount_points", "mount_points");
    return ScraperKind.simple(
        "filesystem",
        section,
        INSTRUMENTS,
        o -> {
          Choice c = new Choice(o.get(virtual), devices.read(o), types.read(o), points.read(o));
          return () -> (s, out) -> collect(s, out, c);
        });
  }

  private static void collect(HostScrape s, PointEmitter out, Choice c) throws IOException {
    List<FileSystem> all =
        s.host()
            .fileSystems(
                c.virtual,
                m ->
                    c.devices.includes(m.device())
                        && c.types.includes(m.type())
                        && c.mountPoints.includes(m.path()));
    Recorder usage = out.recorder("system.filesystem.usage");
    Recorder inodes = out.recorder("system.filesystem.inodes.usage");
    Recorder utilization = out.recorder("system.filesystem.utilization");
    int answered = 0;
    for (FileSystem f : all) {
      if (!f.error().isEmpty()) {
        s.failed(0, "failed to read usage at " + f.mountPoint() + ": " + f.error());
        continue;
      }
      answered++;
      Object[] place = {f.device(), f.mode(), f.mountPoint(), f.type()};
      long used = f.size() - f.free();
      usage.count(used, with(place, "used"));
      usage.count(f.available(), with(place, "free"));
      usage.count(f.free() - f.available(), with(place, "reserved"));
      inodes.count(f.files() - f.filesFree(), with(place, "used"));
      inodes.count(f.filesFree(), with(place, "free"));
      long usable = used + f.available();
      utilization.measure(usable == 0 ? 0 : (double) used / usable, place);
    }
    if (answered == 0 && !all.isEmpty()) {
      s.failed(out.enabled(), "no file system could be read");
    }
  }

  private static Object[] with(Object[] place, String state) {
    return new Object[] {place[0], place[1], place[2], place[3], state};
  }
}
