package dev.tethys.collect.exporter.blackbox;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An echo request.
 *
 * @param payloadSize payload size in bytes; 0 for the default payload
 * @param ttl most hops
 */
record IcmpModule(
    IpPreference ip, String sourceAddress, int payloadSize, boolean dontFragment, int ttl) {
  private static final int MAX_PAYLOAD = 65_000;

  static final IcmpModule DEFAULT = new IcmpModule(IpPreference.DEFAULT, "", 0, false, 64);

  private static final Section SECTION = new Section("icmp", "ICMP probe settings.");
  private static final IpPreference.Keys IP = IpPreference.Keys.in(SECTION);
  private static final Key<String> SOURCE =
      SECTION.key("source_ip_address", Type.STRING, "", "Source IP address of the probe.");
  private static final Key<Long> PAYLOAD =
      SECTION.key(
          "payload_size", Type.INT, 0L, "Size of the payload in bytes; 0 for the default text.");
  private static final Key<Boolean> DONT_FRAGMENT =
      SECTION.key(
          "dont_fragment",
          Type.BOOL,
          false,
          "If true, sets the don't-fragment bit in the IP header; IPv4 only.");
  private static final Key<Long> TTL = SECTION.key("ttl", Type.INT, 64L, "0 to 255 hops.");
  static final Type<IcmpModule> TYPE = SECTION.type(IcmpModule::read);

  private static IcmpModule read(YamlObject o) {
    if (o.get(TTL) < 0) {
      throw o.error(TTL, "\"ttl\" cannot be negative");
    }
    if (o.get(TTL) > 255) {
      throw o.error(TTL, "\"ttl\" cannot exceed 255");
    }
    if (o.get(PAYLOAD) < 0 || o.get(PAYLOAD) > MAX_PAYLOAD) {
      throw o.error(PAYLOAD, "\"payload_size\" must be 0 to " + MAX_PAYLOAD);
    }
    return new IcmpModule(
        IP.read(o),
        o.get(SOURCE),
        o.get(PAYLOAD).intValue(),
        o.get(DONT_FRAGMENT),
        o.get(TTL).intValue());
  }

  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = IpPreference.map();
    ip.addTo(m);
    m.put("source_ip_address", sourceAddress.isEmpty() ? null : sourceAddress);
    m.put("payload_size", payloadSize == 0 ? null : payloadSize);
    m.put("dont_fragment", dontFragment ? true : null);
    m.put("ttl", ttl);
    return m;
  }
}
