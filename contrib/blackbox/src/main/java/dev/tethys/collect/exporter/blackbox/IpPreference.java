package dev.tethys.collect.exporter.blackbox;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Preferred IP protocol for a name.
 *
 * @param four whether IPv4 is preferred; otherwise IPv6 is
 * @param fallback whether the other protocol is used if there is no preferred address
 */
record IpPreference(boolean four, boolean fallback) {
  static final IpPreference DEFAULT = new IpPreference(false, true);

  /** The keys, within a larger section. */
  record Keys(Key<String> preferred, Key<Boolean> fallback) {
    static Keys in(Section s) {
      return new Keys(
          s.key("preferred_ip_protocol", Type.STRING, "", "ip4 or ip6, which is the default."),
          s.key(
              "ip_protocol_fallback",
              Type.BOOL,
              true,
              "If true, the other IP protocol is used when the preferred one has no address."));
    }

    IpPreference read(YamlObject o) {
      String p = o.get(preferred);
      if (!p.isEmpty() && !p.equals("ip4") && !p.equals("ip6")) {
        throw o.error(preferred, "preferred_ip_protocol must be ip4 or ip6, not\"" + p + "\"");
      }
      return new IpPreference(p.equals("ip4"), o.get(fallback));
    }
  }

  void addTo(Map<String, @Nullable Object> m) {
    m.put("preferred_ip_protocol", four ? "ip4" : "ip6");
    m.put("ip_protocol_fallback", fallback);
  }

  static Map<String, @Nullable Object> map() {
    return new LinkedHashMap<>();
  }
}
