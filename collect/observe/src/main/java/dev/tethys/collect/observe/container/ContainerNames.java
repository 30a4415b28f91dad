package dev.tethys.collect.observe.container;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;

/** Names derived from the ids of containers, mounts, domains and devices. */
public final class ContainerNames {
  private static final Pattern REPLICA_SET =
      Pattern.compile("^(.+)-(?:[0-9a-z]{8,10})-[0-9a-z]{5}$");
  private static final Pattern DAEMON_SET = Pattern.compile("^(.+)-[0-9a-z]{5}$");
  private static final Pattern STATEFUL_SET = Pattern.compile("^(.+)-[0-9]+$");
  private static final Pattern VOLUME =
      Pattern.compile("pvc-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  private static final Pattern EC2 = Pattern.compile("^ip-\\d+-\\d+-\\d+-\\d+\\.(ec2.*)$");
  private static final Pattern SEARCH_PATH =
      Pattern.compile("^(.+\\.(?:com|net|org|io))\\.(?:svc\\..*|.*cluster\\.local)$");
  private static final Pattern DEVICE =
      Pattern.compile(
          "^(?:eth\\d+|eno\\d+|ens\\d+|em\\d+|bond\\d+|p\\d+p\\d+|enx[0-9a-f]{12}|enX\\d+"
              + "|en(?:P\\d+)?p\\d+s\\d+(?:[fdnu]\\d+)*(?:np\\d+)?|br\\d+|vmbr\\d+)(?:@if\\d+)?$");

  private ContainerNames() {}

  /** Returns the service name of a container, without the parts that differ between instances. */
  public static String serviceName(String containerId) {
    if (!containerId.startsWith("/k8s/") && !containerId.startsWith("/k8s-cronjob/")) {
      return containerId;
    }
    String[] parts = containerId.split("/");
    if (parts.length < 5) {
      return containerId;
    }
    String pod = parts[3];
    for (Pattern p : List.of(REPLICA_SET, DAEMON_SET, STATEFUL_SET)) {
      Matcher m = p.matcher(pod);
      if (m.matches() && (p != DAEMON_SET || hasDigitOrNoVowel(pod))) {
        pod = m.group(1);
        break;
      }
    }
    return "/k8s/" + parts[2] + "/" + pod;
  }

  /**
   * Random suffixes of Kubernetes have no vowels, which excludes ordinary words of five letters.
   */
  private static boolean hasDigitOrNoVowel(String pod) {
    String suffix = pod.substring(pod.length() - 5);
    return suffix.chars().noneMatch(c -> "aeiou".indexOf(c) >= 0);
  }

  /** Name of the persistent volume that a mount comes from; empty if it comes from none. */
  public static String volume(String source) {
    Matcher m = VOLUME.matcher(source);
    return m.find() ? m.group() : "";
  }

  /** Text of at most some bytes of UTF-8, whole characters only. */
  public static String truncate(String text, int bytes) {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    if (b.length <= bytes) {
      return text;
    }
    int n = bytes;
    while (n > 0 && (b[n] & 0xc0) == 0x80) {
      n--;
    }
    return new String(b, 0, n, StandardCharsets.UTF_8);
  }

  /** Domain as a label: names made of addresses and of search paths are joined. */
  public static String domain(String name, boolean reverse) {
    if (reverse && name.endsWith(".in-addr.arpa")) {
      return "IP.in-addr.arpa";
    }
    Matcher m = EC2.matcher(name);
    if (m.matches()) {
      return "IP." + m.group(1);
    }
    m = SEARCH_PATH.matcher(name);
    return m.matches() ? m.group(1) + ".search_path_suffix" : name;
  }

  /** True for a network device of the machine itself. */
  public static boolean isReportedDevice(String name) {
    return DEVICE.matcher(name).matches();
  }

  /** True if a container is omitted by the lists of patterns. */
  public static boolean isSkipped(
      String containerId, Collection<Pattern> allow, Collection<Pattern> deny) {
    if (!allow.isEmpty() && allow.stream().noneMatch(p -> p.matcher(containerId).find())) {
      return true;
    }
    return deny.stream().anyMatch(p -> p.matcher(containerId).find());
  }
}
