package dev.tethys.collect.host;

/**
 * Paths of the host's file systems, so that a container can read its host and a test a fixture.
 * Without a slash at the end, except for the root itself.
 *
 * @param procfs {@code /proc}
 * @param sysfs {@code /sys}
 * @param rootfs {@code /}
 * @param udevData {@code /run/udev/data}
 */
public record HostPaths(String procfs, String sysfs, String rootfs, String udevData) {
  /** Paths of this machine itself. */
  public static final HostPaths DEFAULT = new HostPaths("/proc", "/sys", "/", "/run/udev/data");

  /** Removes trailing slashes. */
  public HostPaths {
    procfs = trim(procfs);
    sysfs = trim(sysfs);
    rootfs = trim(rootfs);
    udevData = trim(udevData);
  }

  private static String trim(String path) {
    int n = path.length();
    while (n > 1 && path.charAt(n - 1) == '/') {
      n--;
    }
    return path.substring(0, n);
  }
}
