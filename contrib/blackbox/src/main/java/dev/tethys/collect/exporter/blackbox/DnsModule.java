package dev.tethys.collect.exporter.blackbox;

import com.google.re2j.Pattern;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Rcode;

/**
 * DNS probe module: request settings and success conditions.
 *
 * @param queryClass the number of the class
 * @param queryType the number of the type
 */
record DnsModule(
    IpPreference ip,
    boolean overTls,
    TlsConfig config,
    String sourceAddress,
    boolean tcp,
    int queryClass,
    String queryName,
    int queryType,
    boolean recursion,
    List<Integer> rcodes,
    Rules answer,
    Rules authority,
    Rules additional) {
  /** Conditions on the records of one section, as text. */
  record Rules(
      List<Pattern> failIfMatches,
      List<Pattern> failIfAllMatch,
      List<Pattern> failIfNotMatches,
      List<Pattern> failIfNoneMatches) {
    static final Rules NONE = new Rules(List.of(), List.of(), List.of(), List.of());

    private static final Section SECTION =
        new Section("dns_rules", "Conditions on resource records.");
    private static final Key<List<Pattern>> MATCHES = key("fail_if_matches_regexp", "any of them");
    private static final Key<List<Pattern>> ALL = key("fail_if_all_match_regexp", "all of them");
    private static final Key<List<Pattern>> NOT =
        key("fail_if_not_matches_regexp", "one that does not match");
    private static final Key<List<Pattern>> NONE_OF =
        key("fail_if_none_matches_regexp", "none of them");
    static final Type<Rules> TYPE =
        SECTION.type(o -> new Rules(o.get(MATCHES), o.get(ALL), o.get(NOT), o.get(NONE_OF)));

    private static Key<List<Pattern>> key(String name, String what) {
      return SECTION.key(name, Type.list(Type.REGEX), List.of(), "Fail on " + what + ".");
    }

    private @Nullable Map<String, @Nullable Object> tree() {
      if (equals(NONE)) {
        return null;
      }
      Map<String, @Nullable Object> m = IpPreference.map();
      m.put("fail_if_matches_regexp", text(failIfMatches));
      m.put("fail_if_all_match_regexp", text(failIfAllMatch));
      m.put("fail_if_not_matches_regexp", text(failIfNotMatches));
      m.put("fail_if_none_matches_regexp", text(failIfNoneMatches));
      return m;
    }

    private static @Nullable List<String> text(List<Pattern> p) {
      return p.isEmpty() ? null : p.stream().map(Pattern::pattern).toList();
    }
  }

  private static final int ANY = 255;

  /** Default for a module without a section dns, which has no query. */
  static final DnsModule DEFAULT =
      new DnsModule(
          IpPreference.DEFAULT,
          false,
          TlsConfig.DEFAULT,
          "",
          false,
          DClass.IN,
          "",
          ANY,
          true,
          List.of(Rcode.NOERROR),
          Rules.NONE,
          Rules.NONE,
          Rules.NONE);

  private static final Section SECTION = new Section("dns", "DNS probe settings.");
  private static final IpPreference.Keys IP = IpPreference.Keys.in(SECTION);
  private static final Key<Boolean> OVER_TLS =
      SECTION.key("dns_over_tls", Type.BOOL, false, "Use TLS; requires transport_protocol tcp.");
  private static final Key<TlsConfig> CONFIG =
      SECTION.key("tls_config", TlsConfig.TYPE, TlsConfig.DEFAULT, "TLS settings of the probe.");
  private static final Key<String> SOURCE =
      SECTION.key("source_ip_address", Type.STRING, "", "Source IP address of the probe.");
  private static final Key<String> TRANSPORT =
      SECTION.key("transport_protocol", Type.STRING, "udp", "udp or tcp.");
  private static final Key<String> CLASS =
      SECTION.key("query_class", Type.STRING, "", "Class of the query; IN if empty.");
  private static final Key<String> NAME =
      SECTION.key("query_name", Type.STRING, "", "Name to query.");
  private static final Key<String> TYPE_KEY =
      SECTION.key("query_type", Type.STRING, "", "Type of the query; ANY if empty.");
  private static final Key<Boolean> RECURSION =
      SECTION.key(
          "recursion_desired",
          Type.BOOL,
          true,
          "If true, sets the recursion desired flag of the query.");
  private static final Key<List<String>> RCODES =
      SECTION.key(
          "valid_rcodes",
          Type.list(Type.STRING),
          List.of(),
          "Accepted response codes; NOERROR if empty.");
  private static final Key<Rules> ANSWER =
      SECTION.key(
          "validate_answer_rrs", Rules.TYPE, Rules.NONE, "Conditions on the answer section.");
  private static final Key<Rules> AUTHORITY =
      SECTION.key(
          "validate_authority_rrs", Rules.TYPE, Rules.NONE, "Conditions on the authority section.");
  private static final Key<Rules> ADDITIONAL =
      SECTION.key(
          "validate_additional_rrs",
          Rules.TYPE,
          Rules.NONE,
          "Conditions on the additional section.");

  static final Type<DnsModule> TYPE = SECTION.type(DnsModule::read);

  private static DnsModule read(YamlObject o) {
    if (o.get(NAME).isEmpty()) {
      throw o.error("query name must be set for DNS module");
    }
    int queryClass = o.get(CLASS).isEmpty() ? DClass.IN : DClass.value(o.get(CLASS));
    if (queryClass < 0) {
      throw o.error(CLASS, "query class '" + o.get(CLASS) + "' is not valid");
    }
    int type = o.get(TYPE_KEY).isEmpty() ? ANY : org.xbill.DNS.Type.value(o.get(TYPE_KEY));
    if (type < 0) {
      throw o.error(TYPE_KEY, "query type '" + o.get(TYPE_KEY) + "' is not valid");
    }
    String transport = o.get(TRANSPORT).isEmpty() ? "udp" : o.get(TRANSPORT);
    if (!transport.equals("udp") && !transport.equals("tcp")) {
      throw o.error(TRANSPORT, "transport_protocol must be udp or tcp, not\"" + transport + "\"");
    }
    if (o.get(OVER_TLS) && !transport.equals("tcp")) {
      throw o.error(OVER_TLS, "dns_over_tls requires transport_protocol tcp");
    }
    return new DnsModule(
        IP.read(o),
        o.get(OVER_TLS),
        o.get(CONFIG),
        o.get(SOURCE),
        transport.equals("tcp"),
        queryClass,
        o.get(NAME),
        type,
        o.get(RECURSION),
        o.get(RCODES).isEmpty()
            ? List.of(Rcode.NOERROR)
            : o.get(RCODES).stream().map(r -> rcode(o, r)).toList(),
        o.get(ANSWER),
        o.get(AUTHORITY),
        o.get(ADDITIONAL));
  }

  private static int rcode(YamlObject o, String name) {
    int r = Rcode.value(name);
    if (r < 0) {
      throw o.error(RCODES, "unknown rcode " + name);
    }
    return r;
  }

  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = IpPreference.map();
    ip.addTo(m);
    m.put("dns_over_tls", overTls ? true : null);
    m.put("tls_config", config.equals(TlsConfig.DEFAULT) ? null : config.tree());
    m.put("source_ip_address", sourceAddress.isEmpty() ? null : sourceAddress);
    m.put("transport_protocol", tcp ? "tcp" : "udp");
    m.put("query_class", DClass.string(queryClass));
    m.put("query_name", queryName);
    m.put("query_type", org.xbill.DNS.Type.string(queryType));
    m.put("recursion_desired", recursion);
    m.put("valid_rcodes", rcodes.stream().map(Rcode::string).toList());
    m.put("validate_answer_rrs", answer.tree());
    m.put("validate_authority_rrs", authority.tree());
    m.put("validate_additional_rrs", additional.tree());
    return m;
  }
}
