package dev.tethys.collect.host.internal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A line of mountinfo (proc(5)).
 *
 * @param mountPoint mount point as seen by the host
 * @param readOnly whether the mount or the file system is read-only
 * @param options mount options
 */
public record Mount(
    String device,
    String mountPoint,
    String type,
    String major,
    String minor,
    boolean readOnly,
    String options) {

  /** The mounts of the first process, or, where that is hidden, of this one. */
  public static List<Mount> ofHost(HostFiles files) throws IOException {
    Text t = files.readIfThere(files.proc("1/mountinfo"));
    if (t == null) {
      t = files.read(files.proc("self/mountinfo"));
    }
    return read(t, files.paths().rootfs());
  }

  /** Reads the mounts listed in a file. */
  public static List<Mount> read(Text t, String rootfs) throws MalformedException {
    List<Mount> out = new ArrayList<>();
    while (t.nextLine()) {
      out.add(parse(t, rootfs));
    }
    return out;
  }

  private static Mount parse(Text t, String rootfs) throws MalformedException {
    String[] f = t.line().split(" ", -1);
    int n = f.length;
    if (n < 10 || !f[n - 4].equals("-")) {
      throw t.malformed("no mount in \"" + t.line() + "\"");
    }
    int colon = f[2].indexOf(':');
    if (colon < 0
        || Numbers.whole(f[2].substring(0, colon)) == null
        || Numbers.whole(f[2].substring(colon + 1)) == null) {
      throw t.malformed("\"" + f[2] + "\" is not a device number");
    }
    String point = f[4].replace("\\040", " ").replace("\\011", "\t");
    return new Mount(
        f[n - 2],
        ofHost(point, rootfs),
        f[n - 3],
        f[2].substring(0, colon),
        f[2].substring(colon + 1),
        has(f[5], "ro") || has(f[n - 1], "ro") || has(f[n - 1], "emergency_ro"),
        f[5]);
  }

  /** A path as seen by the host, whose root is at {@code rootfs}; others stay unchanged. */
  public static String ofHost(String path, String rootfs) {
    if (path.equals(rootfs)) {
      return "/";
    }
    boolean under = !rootfs.equals("/") && path.startsWith(rootfs + "/");
    return under ? path.substring(rootfs.length()) : path;
  }

  public static boolean has(String options, String option) {
    for (String o : options.split(",")) {
      if (o.equals(option)) {
        return true;
      }
    }
    return false;
  }
}
