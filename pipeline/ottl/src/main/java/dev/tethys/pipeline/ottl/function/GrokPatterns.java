package dev.tethys.pipeline.ottl.function;

import java.util.HashMap;
import java.util.Map;

/** Built-in named patterns, in RE2 syntax, which has no lookaround. */
final class GrokPatterns {
  static final Map<String, String> ALL = new HashMap<>();

  static {
    words();
    network();
    files();
    dates();
    logs();
    software();
  }

  private GrokPatterns() {}

  private static void put(String name, String pattern) {
    ALL.put(name, pattern);
  }

  private static void words() {
    put("USERNAME", "[a-zA-Z0-9._-]+");
    put("USER", "%{USERNAME}");
    put("EMAILLOCALPART", "[a-zA-Z0-9!#$%&'*+\\-/=?^_`{|}~][a-zA-Z0-9!#$%&'*+\\-/=?^_`{|}~.]*");
    put("EMAILADDRESS", "%{EMAILLOCALPART}@%{HOSTNAME}");
    put("INT", "[+-]?[0-9]+");
    put("BASE10NUM", "[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)");
    put("NUMBER", "%{BASE10NUM}");
    put("BASE16NUM", "[+-]?(?:0[xX])?[0-9A-Fa-f]+");
    put("BASE16FLOAT", "[+-]?(?:0[xX])?(?:[0-9A-Fa-f]+(?:\\.[0-9A-Fa-f]*)?|\\.[0-9A-Fa-f]+)");
    put("POSINT", "[1-9][0-9]*");
    put("NONNEGINT", "[0-9]+");
    put("BOOL", "[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]");
    put("WORD", "\\b\\w+\\b");
    put("NOTSPACE", "\\S+");
    put("SPACE", "\\s*");
    put("DATA", ".*?");
    put("GREEDYDATA", ".*");
    put("GREEDYMULTILINE", "(?s:.*)");
    put("QUOTEDSTRING", "\"(?:\\\\.|[^\\\\\"])*\"|'(?:\\\\.|[^\\\\'])*'|`(?:\\\\.|[^\\\\`])*`");
    put("QS", "%{QUOTEDSTRING}");
    put("UUID", "[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}");
    put("URN", "urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:[0-9A-Za-z()+,.:=@;$_!*'/?#%-]+");
  }

  private static void network() {
    put("CISCOMAC", "(?:[A-Fa-f0-9]{4}\\.){2}[A-Fa-f0-9]{4}");
    put("WINDOWSMAC", "(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2}");
    put("COMMONMAC", "(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2}");
    put("MAC", "%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC}");
    String octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    put("IPV4", "(?:" + octet + "\\.){3}" + octet);
    String h = "[0-9A-Fa-f]{1,4}";
    put(
        "IPV6",
        "(?:(?:"
            + h
            + ":){7}"
            + h
            + "|(?:"
            + h
            + ":){6}%{IPV4}"
            + "|(?:"
            + h
            + ":){1,7}:"
            + "|(?:"
            + h
            + ":){1,6}:"
            + h
            + "|(?:"
            + h
            + ":){1,5}(?::"
            + h
            + "){1,2}"
            + "|(?:"
            + h
            + ":){1,4}(?::"
            + h
            + "){1,3}"
            + "|(?:"
            + h
            + ":){1,3}(?::"
            + h
            + "){1,4}"
            + "|(?:"
            + h
            + ":){1,2}(?::"
            + h
            + "){1,5}"
            + "|"
            + h
            + ":(?::"
            + h
            + "){1,6}"
            + "|::(?:[fF]{4}(?::0{1,4})?:)?%{IPV4}"
            + "|:(?:(?::"
            + h
            + "){1,7}|:))(?:%[0-9A-Za-z]+)?");
    put("IP", "%{IPV6}|%{IPV4}");
    put(
        "HOSTNAME",
        "\\b(?:[0-9A-Za-z_](?:[0-9A-Za-z_-]{0,62}))(?:\\.(?:[0-9A-Za-z_](?:[0-9A-Za-z_-]{0,62})))*\\.?");
    put("IPORHOST", "%{IP}|%{HOSTNAME}");
    put("HOSTPORT", "%{IPORHOST}:%{POSINT}");
    put("URIPROTO", "[A-Za-z][A-Za-z0-9+.-]*");
    put("URIHOST", "%{IPORHOST}(?::%{POSINT})?");
    put("URIPATH", "(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\\-]*)+");
    put("URIPARAM", "\\?%{URIQUERY}");
    put("URIQUERY", "[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\\-\\[\\]<>]*");
    put("URIFRAGMENT", "#[A-Za-z0-9$.+!*'|(){},~@%&/=:;_?\\-]*");
    put("URIPATHPARAM", "%{URIPATH}(?:\\?%{URIQUERY})?");
    put(
        "URI",
        "%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATH}(?:\\?%{URIQUERY})?(?:%{URIFRAGMENT})?)?");
  }

  private static void files() {
    put("PATH", "%{UNIXPATH}|%{WINPATH}");
    put("UNIXPATH", "(?:/[\\w_%!$@:.,+~-]*)+");
    put("WINPATH", "(?:[A-Za-z]+:|\\\\)(?:\\\\[^\\\\?*]*)+");
    put("TTY", "/dev/(?:pts|tty(?:[pq])?)(?:\\w+)?/?(?:[0-9]+)");
  }

  private static void dates() {
    put(
        "MONTH",
        "\\b(?:[Jj]an(?:uary|uar)?|[Ff]eb(?:ruary|ruar)?|[Mm](?:a|ä)?r(?:ch|z)?|[Aa]pr(?:il)?|[Mm]a(?:y|i)?|[Jj]un(?:e|i)?|[Jj]ul(?:y|i)?|[Aa]ug(?:ust)?|[Ss]ep(?:tember)?|[Oo](?:c|k)?t(?:ober)?|[Nn]ov(?:ember)?|[Dd]e(?:c|z)(?:ember)?)\\b");
    put("MONTHNUM", "0?[1-9]|1[0-2]");
    put("MONTHNUM2", "0[1-9]|1[0-2]");
    put("MONTHDAY", "0[1-9]|[12][0-9]|3[01]|[1-9]");
    put(
        "DAY",
        "Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?");
    put("YEAR", "(?:\\d\\d){1,2}");
    put("HOUR", "2[0123]|[01]?[0-9]");
    put("MINUTE", "[0-5][0-9]");
    put("SECOND", "(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?");
    put("TIME", "%{HOUR}:%{MINUTE}(?::%{SECOND})?");
    put("DATE_US", "%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}");
    put("DATE_EU", "%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}");
    put("DATE_X", "%{YEAR}/%{MONTHNUM2}/%{MONTHDAY}");
    put("ISO8601_TIMEZONE", "Z|[+-]%{HOUR}(?::?%{MINUTE})");
    put("ISO8601_SECOND", "%{SECOND}");
    put(
        "TIMESTAMP_ISO8601",
        "%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?(?:%{ISO8601_TIMEZONE})?");
    put("DATE", "%{DATE_US}|%{DATE_EU}|%{DATE_X}");
    put("DATESTAMP", "%{DATE}[- ]%{TIME}");
    put("TZ", "[A-Z]{3,4}");
    put("DATESTAMP_RFC822", "%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}");
    put("DATESTAMP_RFC2822", "%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}");
    put("DATESTAMP_OTHER", "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}");
    put("DATESTAMP_EVENTLOG", "%{YEAR}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}");
    put("HTTPDERROR_DATE", "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{YEAR}");
    put("HTTPDATE", "%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}");
    put("SYSLOGTIMESTAMP", "%{MONTH} +%{MONTHDAY} %{TIME}");
    put(
        "CATALINA_DATESTAMP",
        "%{MONTH} %{MONTHDAY}, %{YEAR} %{HOUR}:?%{MINUTE}(?::?%{SECOND}) (?:AM|PM)");
    put(
        "TOMCAT_DATESTAMP",
        "%{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{HOUR}:?%{MINUTE}(?::?%{SECOND}) %{ISO8601_TIMEZONE}");
  }

  private static void logs() {
    put("PROG", "[\\x21-\\x5a\\x5c\\x5e-\\x7e]+");
    put("SYSLOGPROG", "%{PROG:process.name}(?:\\[%{POSINT:process.pid:int}\\])?");
    put("SYSLOGHOST", "%{IPORHOST}");
    put(
        "SYSLOGFACILITY",
        "<%{NONNEGINT:log.syslog.facility.code:int}.%{NONNEGINT:log.syslog.priority:int}>");
    put(
        "SYSLOGBASE",
        "%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:host.hostname} %{SYSLOGPROG}:");
    put("SYSLOGLINE", "%{SYSLOGBASE} +%{GREEDYDATA:message}");
    put("SYSLOG5424PRINTASCII", "[!-~]+");
    put(
        "SYSLOG5424LINE",
        "<%{NONNEGINT:log.syslog.priority:int}>%{NONNEGINT:system.syslog.version} +(?:-|%{TIMESTAMP_ISO8601:timestamp}) +(?:-|%{IPORHOST:host.hostname}) +(?:-|%{SYSLOG5424PRINTASCII:process.name}) +(?:-|%{POSINT:process.pid:int}) +(?:-|%{SYSLOG5424PRINTASCII:event.code}) +(?:-|%{SYSLOG5424SD:system.syslog.structured_data})(?: +%{GREEDYDATA:message})?");
    put("SYSLOG5424SD", "(?:\\[%{DATA}\\])+");
    put(
        "LOGLEVEL",
        "[Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo(?:rmation)?|INFO(?:RMATION)?|[Ww]arn(?:ing)?|WARN(?:ING)?|[Ee]rr(?:or)?|ERR(?:OR)?|[Cc]rit(?:ical)?|CRIT(?:ICAL)?|[Ff]atal|FATAL|[Ss]evere|SEVERE|EMERG(?:ENCY)?|[Ee]merg(?:ency)?");
    put("HTTPDUSER", "%{EMAILADDRESS}|%{USER}");
    put(
        "HTTPD_COMMONLOG",
        "%{IPORHOST:source.address} (?:-|%{HTTPDUSER:apache.access.user.identity}) (?:-|%{HTTPDUSER:user.name}) \\[%{HTTPDATE:timestamp}\\] \"(?:%{WORD:http.request.method} %{NOTSPACE:url.original}(?: HTTP/%{NUMBER:http.version})?|%{DATA})\" (?:-|%{INT:http.response.status_code:int}) (?:-|%{INT:http.response.body.bytes:int})");
    put(
        "HTTPD_COMBINEDLOG",
        "%{HTTPD_COMMONLOG} \"(?:-|%{DATA:http.request.referrer})\" \"(?:-|%{DATA:user_agent.original})\"");
    put("COMMONAPACHELOG", "%{HTTPD_COMMONLOG}");
    put("COMBINEDAPACHELOG", "%{HTTPD_COMBINEDLOG}");
    put(
        "HTTPD20_ERRORLOG",
        "\\[%{HTTPDERROR_DATE:timestamp}\\] \\[%{LOGLEVEL:log.level}\\] (?:\\[client %{IPORHOST:source.address}\\] )?%{GREEDYDATA:message}");
    put(
        "HTTPD24_ERRORLOG",
        "\\[%{HTTPDERROR_DATE:timestamp}\\] \\[(?:%{WORD:apache.error.module})?:%{LOGLEVEL:log.level}\\] \\[pid %{POSINT:process.pid:int}(?::tid %{INT:process.thread.id:int})?\\](?: \\(%{POSINT}\\)%{DATA}:)?(?: \\[client %{IPORHOST:source.address}(?::%{POSINT:source.port:int})?\\])?(?: %{DATA:error.code}:)? %{GREEDYDATA:message}");
    put("HTTPD_ERRORLOG", "(?:%{HTTPD20_ERRORLOG}|%{HTTPD24_ERRORLOG})");
  }

  private static void software() {
    put("JAVACLASS", "(?:[a-zA-Z$_][a-zA-Z$_0-9]*\\.)*[a-zA-Z$_][a-zA-Z$_0-9]*");
    put("JAVAFILE", "[a-zA-Z$_0-9. -]+");
    put("JAVAMETHOD", "(?:<(?:cl)?init>)|[a-zA-Z$_][a-zA-Z$_0-9]*");
    put(
        "JAVASTACKTRACEPART",
        "\\s*at %{JAVACLASS:java.log.origin.class.name}\\.%{JAVAMETHOD:log.origin.function}\\(%{JAVAFILE:log.origin.file.name}(?::%{INT:log.origin.file.line:int})?\\)");
    put("JAVATHREAD", "[A-Z]{2}-Processor[\\d]+");
    put("JAVALOGMESSAGE", ".*");
    put(
        "CATALINALOG",
        "%{CATALINA_DATESTAMP:timestamp} %{JAVACLASS:java.log.origin.class.name}\\s+%{JAVALOGMESSAGE:message}");
    put("REDISTIMESTAMP", "%{MONTHDAY} %{MONTH} %{TIME}");
    put("REDISLOG", "\\[%{POSINT:process.pid:int}\\] %{REDISTIMESTAMP:timestamp} \\* ");
    put(
        "POSTGRESQL",
        "%{DATESTAMP:timestamp} %{TZ:event.timezone} %{DATA:user.name} %{GREEDYDATA:postgresql.log.connection_id} %{POSINT:process.pid:int}");
    put(
        "MONGO_LOG",
        "%{SYSLOGTIMESTAMP:timestamp} \\[%{WORD:mongodb.component}\\] %{GREEDYDATA:message}");
    put(
        "RUBY_LOGGER",
        "[DFEWI], \\[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:process.pid:int}\\] *%{LOGLEVEL:log.level} -- +%{DATA:process.name}: %{GREEDYDATA:message}");
    put("CRON_ACTION", "[A-Z ]+");
    put(
        "CRONLOG",
        "%{SYSLOGBASE} \\(%{USER:user.name}\\) %{CRON_ACTION:system.cron.action} \\(%{DATA:message}\\)");
    put("ELB_URIHOST", "%{IPORHOST:url.domain}(?::%{POSINT:url.port:int})?");
    put("ELB_URIPATHQUERY", "%{URIPATH:url.path}(?:\\?%{URIQUERY:url.query})?");
    put("ELB_URIPATHPARAM", "%{ELB_URIPATHQUERY}");
    put(
        "ELB_URI",
        "%{URIPROTO:url.scheme}://(?:%{USER:url.username}(?::[^@]*)?@)?%{ELB_URIHOST}?%{ELB_URIPATHQUERY}?");
    put(
        "ELB_REQUEST_LINE",
        "%{WORD:http.request.method} %{ELB_URI:url.original}(?: HTTP/%{NUMBER:http.version})?");
    put(
        "ELB_ACCESS_LOG",
        "%{TIMESTAMP_ISO8601:timestamp} %{NOTSPACE:aws.elb.name} %{IP:source.ip}:%{INT:source.port:int} (?:-|%{IP:aws.elb.backend.ip}:%{INT:aws.elb.backend.port:int}) (?:-1|%{NUMBER:aws.elb.request_processing_time.sec:float}) (?:-1|%{NUMBER:aws.elb.backend_processing_time.sec:float}) (?:-1|%{NUMBER:aws.elb.response_processing_time.sec:float}) %{INT:http.response.status_code:int} (?:-|%{INT:aws.elb.backend.http.response.status_code:int}) %{INT:http.request.body.bytes:int} %{INT:http.response.body.bytes:int} \"%{WORD:http.request.method} %{NOTSPACE:url.original}(?: HTTP/%{NUMBER:http.version})?\"(?: \"%{DATA:user_agent.original}\")?.*");
    put(
        "HAPROXYHTTP",
        "%{SYSLOGBASE} %{IP:source.address}:%{INT:source.port:int} \\[%{HAPROXYDATE:timestamp}\\] %{NOTSPACE:haproxy.frontend_name} %{NOTSPACE:haproxy.backend_name}/%{NOTSPACE:haproxy.server_name} %{NOTSPACE:haproxy.timers} %{INT:http.response.status_code:int} %{INT:source.bytes:int} %{GREEDYDATA:message}");
    put("HAPROXYDATE", "%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME}");
    put("NAGIOSTIME", "\\[%{NUMBER:timestamp}\\]");
    put(
        "BIND9",
        "%{BIND9_TIMESTAMP:timestamp} %{DATA:bind.log.category}: %{LOGLEVEL:log.level}: client (?:@0x[0-9A-Fa-f]+ )?%{IP:client.ip}#%{POSINT:client.port:int} \\(%{GREEDYDATA:bind.log.question.name}\\): query: %{NOTSPACE:dns.question.name} %{WORD:dns.question.class} %{WORD:dns.question.type}(?: %{NOTSPACE:bind.log.question.flags})? \\(%{IP:server.ip}\\)");
    put("BIND9_TIMESTAMP", "%{MONTHDAY}[-]%{MONTH}[-]%{YEAR} %{TIME}");
    put(
        "SQUID3",
        "%{NUMBER:timestamp}\\s+%{NUMBER:squid.request.duration:int}\\s%{IP:source.ip}\\s%{WORD:event.action}/%{POSINT:http.response.status_code:int}\\s%{INT:http.response.bytes:int}\\s%{WORD:http.request.method}\\s%{NOTSPACE:url.original}\\s(?:-|%{NOTSPACE:user.name})\\s%{WORD:squid.hierarchy_code}/(?:-|%{IPORHOST:destination.address})\\s(?:-|%{NOTSPACE:http.response.mime_type})");
  }
}
