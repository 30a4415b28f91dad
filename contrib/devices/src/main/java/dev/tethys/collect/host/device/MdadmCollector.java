package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.MalformedException;
import dev.tethys.collect.host.internal.NoDataException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.Numbers;
import dev.tethys.collect.host.internal.Text;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Software RAID from /proc/mdstat and /sys/block/md*. */
final class MdadmCollector implements NodeCollector {
  private static final Desc STATE =
      Desc.gauge("node_md_state", "Indicates the state of md-device.", "device", "state");
  private static final Desc DISKS =
      Desc.gauge(
          "node_md_disks", "Number of active/failed/spare disks of device.", "device", "state");
  private static final Desc REQUIRED =
      Desc.gauge("node_md_disks_required", "Total number of disks of device.", "device");
  private static final Desc BLOCKS =
      Desc.gauge("node_md_blocks", "Total number of blocks on device.", "device");
  private static final Desc SYNCED =
      Desc.gauge("node_md_blocks_synced", "Number of blocks synced on device.", "device");
  private static final Desc RAID_DISKS =
      Desc.gauge("node_md_raid_disks", "Number of raid disks on device.", "device");
  private static final Desc DEGRADED =
      Desc.gauge("node_md_degraded", "Number of degraded disks on device.", "device");

  /** States shown, by the words for them here. */
  private static final String[][] STATES = {
    {"active", "active"},
    {"inactive", "inactive"},
    {"recovering", "recovering"},
    {"resyncing", "resync"},
    {"checking", "check"}
  };

  private static final Pattern STATUS =
      Pattern.compile("(\\d{1,18}) blocks .*\\[(\\d{1,9})/(\\d{1,9})\\] \\[[U_]+\\]");
  private static final Pattern DONE = Pattern.compile("\\((\\d{1,18})/(\\d{1,18})\\)");
  private static final Set<String> REDUNDANT = Set.of("raid1", "raid4", "raid5", "raid6", "raid10");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.readIfThere(files.proc("mdstat"));
    if (t == null) {
      throw NoDataException.NO_DATA;
    }
    List<String> lines = t.raw().lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.isBlank()
          && line.charAt(0) != ' '
          && !line.startsWith("unused")
          && !line.startsWith("Personalities")) {
        device(t, lines, i, out);
      }
    }
    for (String name : files.listOrNone(files.sys("block"))) {
      String dir = files.sys("block/" + name + "/md");
      if (name.startsWith("md") && files.isFolder(dir)) {
        raid(files, out, name, dir);
      }
    }
  }

  private static void device(Text t, List<String> lines, int at, Families out)
      throws MalformedException {
    String line = lines.get(at);
    String[] words = line.split("\\s+");
    String status = at + 1 < lines.size() ? lines.get(at + 1).strip() : "";
    Long size = Numbers.unsigned(status.split("\\s+", 2)[0]);
    if (words.length < 3 || size == null) {
      throw t.malformed("no device in \"" + line + "\"");
    }
    String state = words[2];
    long active;
    long total;
    if (line.contains("raid0") || line.contains("linear")) { // all or nothing
      total = count(line, "[");
      active = total;
    } else if (line.contains("inactive")) {
      total = 0;
      active = 0;
    } else {
      Matcher m = STATUS.matcher(status);
      if (!m.find()) {
        throw t.malformed("no state of disks in \"" + status + "\"");
      }
      total = Long.parseLong(m.group(2));
      active = Long.parseLong(m.group(3));
    }
    int sync = at + 2;
    if (sync < lines.size() && lines.get(sync).contains("bitmap")) {
      sync++;
    }
    String progress = sync < lines.size() ? lines.get(sync) : "";
    long synced = size;
    String doing = doing(progress);
    if (!doing.isEmpty()) {
      state = doing;
      if (progress.contains("PENDING") || progress.contains("DELAYED")) {
        synced = 0;
      } else {
        Matcher m = DONE.matcher(progress);
        if (!m.find()) {
          throw t.malformed("no progress in \"" + progress + "\"");
        }
        synced = Long.parseLong(m.group(1));
      }
    }
    Labels l = REQUIRED.labels(words[0]);
    out.add(REQUIRED, total, l);
    out.add(DISKS, active, words[0], "active");
    out.add(DISKS, count(line, "(F)"), words[0], "failed");
    out.add(DISKS, count(line, "(S)"), words[0], "spare");
    for (String[] s : STATES) {
      out.add(STATE, s[0].equals(state) ? 1 : 0, words[0], s[1]);
    }
    out.add(BLOCKS, size, l);
    out.add(SYNCED, synced, l);
  }

  private static String doing(String progress) {
    if (progress.contains("recovery")) {
      return "recovering";
    }
    if (progress.contains("reshape")) {
      return "reshaping";
    }
    if (progress.contains("check")) {
      return "checking";
    }
    return progress.contains("resync") ? "resyncing" : "";
  }

  private static long count(String s, String part) {
    long n = 0;
    for (int i = s.indexOf(part); i >= 0; i = s.indexOf(part, i + part.length())) {
      n++;
    }
    return n;
  }

  private static void raid(HostFiles files, Families out, String name, String dir)
      throws IOException {
    Labels l = RAID_DISKS.labels(name);
    String level = files.string(dir + "/level");
    if (!Set.of("container", "imsm", "ddf", "").contains(level)) {
      // While it is reshaped, the old number follows the new one in brackets.
      Long disks = Numbers.unsigned(files.string(dir + "/raid_disks").split(" ", 2)[0]);
      if (disks != null) {
        out.add(RAID_DISKS, disks, l);
      }
    }
    out.add(DEGRADED, REDUNDANT.contains(level) ? files.uint(dir + "/degraded") : 0, l);
  }
}
