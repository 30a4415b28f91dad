package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import java.io.ByteArrayOutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Addresses, URLs, user agents. */
final class NetConverters {
  private static final Map<String, Integer> PROTOCOLS =
      Map.of("ICMP", 1, "TCP", 6, "UDP", 17, "RSVP", 46, "ICMP6", 58, "SCTP", 132);

  private NetConverters() {}

  static List<OttlFunction> all() {
    return List.of(
        OttlFunction.converter("URL", Type.MAP)
            .takes("url_string", ParameterKind.STRING)
            .or("uri")
            .made(a -> TypeConverters.one(a, v -> url(StringConverters.string(v)))),
        OttlFunction.converter("UserAgent", Type.MAP)
            .takes("value", ParameterKind.STRING)
            .or("user_agent")
            .made(
                a -> {
                  UserAgents agents = UserAgents.known();
                  return TypeConverters.one(a, v -> agents.parse(StringConverters.string(v)));
                }),
        OttlFunction.converter("IsInCIDR", Type.BOOL)
            .takes("target", ParameterKind.STRING)
            .takesListOf("networks", ParameterKind.STRING)
            .made(NetConverters::isInCidr),
        OttlFunction.converter("CommunityID", Type.STRING)
            .takes("source_ip", ParameterKind.STRING)
            .takes("source_port", ParameterKind.INT)
            .takes("destination_ip", ParameterKind.STRING)
            .takes("destination_port", ParameterKind.INT)
            .mayTake("protocol", ParameterKind.STRING)
            .mayTake("seed", ParameterKind.INT)
            .made(NetConverters::communityId));
  }

  private record Network(byte[] address, int bits) {
    static Network of(String cidr) {
      int slash = cidr.indexOf('/');
      byte[] address = slash < 0 ? null : IpAddress.parse(cidr.substring(0, slash));
      try {
        int bits = slash < 0 ? -1 : Integer.parseInt(cidr.substring(slash + 1));
        if (address != null && bits >= 0 && bits <= 8 * address.length) {
          return new Network(address, bits);
        }
      } catch (NumberFormatException e) {
        // below
      }
      throw new EvaluationException("not a network: \"" + cidr + "\"; write one as 10.0.0.0/8");
    }

    boolean contains(byte[] ip) {
      if (ip.length != address.length) {
        return false;
      }
      for (int i = 0; i < bits; i++) {
        int mask = 0x80 >> i % 8;
        if ((ip[i / 8] & mask) != (address[i / 8] & mask)) {
          return false;
        }
      }
      return true;
    }
  }

  private static OttlExpr.Getter isInCidr(Arguments a) {
    OttlExpr target = a.expr(0);
    Arguments.Values networks = a.values(1);
    List<Network> known = new ArrayList<>();
    if (networks.areConstant()) {
      if (a.list(1).isEmpty()) {
        throw a.error(1, "at least one network is needed");
      }
      for (String s : a.strings(1)) {
        try {
          known.add(Network.of(s));
        } catch (EvaluationException e) {
          throw a.error(1, java.util.Objects.requireNonNull(e.getMessage()));
        }
      }
    }
    return at -> {
      byte[] ip = IpAddress.parse(StringConverters.string(target.get(at)));
      if (ip == null) {
        return false; // an invalid address is not in any network
      }
      if (!known.isEmpty()) {
        for (Network n : known) {
          if (n.contains(ip)) {
            return true;
          }
        }
        return false;
      }
      for (Object network : networks.get(at)) {
        if (Network.of(StringConverters.string(network)).contains(ip)) {
          return true;
        }
      }
      return false;
    };
  }

  private static byte[] address(String text) {
    byte[] ip = IpAddress.parse(text);
    if (ip == null) {
      throw new EvaluationException("not an IP address: \"" + ParseConverters.shown(text) + "\"");
    }
    return ip;
  }

  private static OttlExpr.Getter communityId(Arguments a) {
    OttlExpr sourceIp = a.expr(0);
    OttlExpr sourcePort = a.expr(1);
    OttlExpr destinationIp = a.expr(2);
    OttlExpr destinationPort = a.expr(3);
    OttlExpr protocol = a.expr(4, "TCP");
    OttlExpr seed = a.expr(5, 0L);
    return at -> {
      String name = StringConverters.string(protocol.get(at));
      Integer number = PROTOCOLS.get(name);
      if (number == null) {
        throw new EvaluationException("there is no protocol " + name + " in community ids");
      }
      return communityId(
          address(StringConverters.string(sourceIp.get(at))),
          port(sourcePort.get(at), 1),
          address(StringConverters.string(destinationIp.get(at))),
          port(destinationPort.get(at), 1),
          number,
          port(seed.get(at), 0));
    };
  }

  private static int port(@Nullable Object value, int least) {
    long v = (Long) MapEditors.require(value);
    if (v < least || v > 65535) {
      throw new EvaluationException("a port is " + least + " to 65535, not " + v);
    }
    return (int) v;
  }

  private static String communityId(
      byte[] from, int fromPort, byte[] to, int toPort, int protocol, int seed) {
    boolean swap =
        from.length != to.length
            ? from.length > to.length
            : Arrays.compareUnsigned(from, to) > 0 || Arrays.equals(from, to) && fromPort > toPort;
    ByteArrayOutputStream flow = new ByteArrayOutputStream();
    two(flow, seed);
    flow.writeBytes(swap ? to : from);
    flow.writeBytes(swap ? from : to);
    flow.write(protocol);
    flow.write(0);
    two(flow, swap ? toPort : fromPort);
    two(flow, swap ? fromPort : toPort);
    return "1:"
        + Base64.getEncoder()
            .encodeToString(HashConverters.digest("SHA-1").digest(flow.toByteArray()));
  }

  private static void two(ByteArrayOutputStream to, int v) {
    to.write(v >> 8);
    to.write(v);
  }

  private static Attributes url(String text) {
    if (text.isEmpty()) {
      throw new EvaluationException("the URL is empty");
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < ' ' || text.charAt(i) == 0x7f) {
        throw new EvaluationException("a URL cannot hold control characters");
      }
    }
    String rest = text;
    String fragment = "";
    int hash = rest.indexOf('#');
    if (hash >= 0) {
      fragment = rest.substring(hash + 1);
      rest = rest.substring(0, hash);
    }
    String scheme = "";
    int colon = rest.indexOf(':');
    if (colon == 0) {
      throw new EvaluationException("a URL that begins with a colon has no scheme");
    }
    if (colon > 0 && rest.substring(0, colon).matches("[a-zA-Z][a-zA-Z0-9+.-]*")) {
      scheme = rest.substring(0, colon).toLowerCase(Locale.ROOT);
      rest = rest.substring(colon + 1);
    }
    String query = "";
    int question = rest.indexOf('?');
    if (question >= 0) {
      query = rest.substring(question + 1);
      rest = rest.substring(0, question);
    }
    String authority = "";
    if (rest.startsWith("//")) {
      int slash = rest.indexOf('/', 2);
      authority = rest.substring(2, slash < 0 ? rest.length() : slash);
      rest = slash < 0 ? "" : rest.substring(slash);
    }
    Attributes m = new Attributes();
    m.put("url.original", text);
    m.put("url.scheme", scheme);
    host(m, authority);
    String path = unescaped(rest);
    m.put("url.path", path);
    int dot = path.lastIndexOf('.');
    if (dot >= 0 && dot + 1 < path.length() && path.indexOf('/', dot) < 0) {
      m.put("url.extension", path.substring(dot + 1));
    }
    if (!query.isEmpty()) {
      m.put("url.query", query);
    }
    if (!fragment.isEmpty()) {
      m.put("url.fragment", unescaped(fragment));
    }
    return m;
  }

  private static void host(Attributes m, String authority) {
    int at = authority.lastIndexOf('@');
    if (at >= 0) {
      String user = authority.substring(0, at);
      m.put("url.user_info", user);
      int colon = user.indexOf(':');
      String name = unescaped(colon < 0 ? user : user.substring(0, colon));
      if (!name.isEmpty()) {
        m.put("url.username", name);
      }
      if (colon >= 0) {
        m.put("url.password", unescaped(user.substring(colon + 1)));
      }
    }
    String host = authority.substring(at + 1);
    String port = "";
    int close = host.startsWith("[") ? host.indexOf(']') : -1;
    int colon = host.indexOf(':', Math.max(0, close));
    if (colon >= 0) {
      port = host.substring(colon + 1);
      host = host.substring(0, colon);
    }
    m.put("url.domain", close > 0 ? host.substring(1, host.length() - 1) : unescaped(host));
    if (!port.isEmpty()) {
      try {
        m.put("url.port", Long.parseLong(port));
      } catch (NumberFormatException e) {
        throw new EvaluationException("the port of the URL is not a number: " + port);
      }
    }
  }

  private static String unescaped(String s) {
    if (s.indexOf('%') < 0) {
      return s;
    }
    try {
      return URLDecoder.decode(s.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new EvaluationException("the URL has an invalid escape");
    }
  }
}
