package dev.tethys.collect.logs.cloudflare;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Field sets selected by {@code fields_type}; each includes the previous set. */
final class CloudflareFields {
  private static final Map<String, List<String>> ADDED = new LinkedHashMap<>();

  static {
    ADDED.put(
        "default",
        words(
            "ClientIP ClientRequestHost ClientRequestMethod ClientRequestURI EdgeEndTimestamp"
                + " EdgeResponseBytes EdgeRequestHost EdgeResponseStatus EdgeStartTimestamp"
                + " RayID"));
    ADDED.put(
        "minimal",
        words(
            "ZoneID ClientSSLProtocol ClientRequestProtocol ClientRequestPath"
                + " ClientRequestUserAgent ClientRequestReferer EdgeColoCode ClientCountry"
                + " CacheCacheStatus CacheResponseStatus EdgeResponseContentType SecurityLevel"
                + " WAFAction WAFProfile WAFRuleID WAFRuleMessage EdgeRateLimitID"
                + " EdgeRateLimitAction"));
    ADDED.put(
        "extended",
        words(
            "ClientSSLCipher ClientASN ClientIPClass CacheResponseBytes EdgePathingOp"
                + " EdgePathingSrc EdgePathingStatus ParentRayID WorkerCPUTime WorkerStatus"
                + " WorkerSubrequest WorkerSubrequestCount OriginIP OriginResponseStatus"
                + " OriginSSLProtocol OriginResponseHTTPExpires OriginResponseHTTPLastModified"));
    ADDED.put(
        "all",
        words(
            "BotScore BotScoreSrc BotTags ClientRequestBytes ClientSrcPort ClientXRequestedWith"
                + " CacheTieredFill EdgeResponseCompressionRatio EdgeServerIP"
                + " FirewallMatchesSources FirewallMatchesActions FirewallMatchesRuleIDs"
                + " OriginResponseBytes OriginResponseTime ClientDeviceType WAFFlags WAFMatchedVar"
                + " EdgeColoID RequestHeaders ResponseHeaders ClientRequestSource"));
  }

  private CloudflareFields() {}

  private static List<String> words(String s) {
    return List.of(s.split(" "));
  }

  /** The names of the sets; {@code custom} is one without fields. */
  static List<String> types() {
    List<String> out = new ArrayList<>(ADDED.keySet());
    out.add("custom");
    return out;
  }

  /** The fields of a set and others, sorted, each once. */
  static List<String> of(String type, Collection<String> additional) {
    TreeSet<String> out = new TreeSet<>(additional);
    if (!type.equals("custom")) {
      for (Map.Entry<String, List<String>> e : ADDED.entrySet()) {
        out.addAll(e.getValue());
        if (e.getKey().equals(type)) {
          break;
        }
      }
    }
    return List.copyOf(out);
  }
}
