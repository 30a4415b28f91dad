package dev.tethys.collect.logs.push;

import dev.tethys.collect.logs.LabelMap;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;

/**
 * A server for Heroku's HTTPS drains.
 *
 * @param keepTimes whether entries keep Heroku's timestamps
 */
public record HerokuConfig(PushServer server, Labels labels, boolean keepTimes)
    implements LogSourceConfig {
  private static final Section SECTION =
      new Section("heroku_drain", "Entries received from Heroku drains.");
  private static final Key<PushServer> SERVER =
      SECTION.required("server", PushServer.TYPE, "Server that receives requests of drains.");
  private static final LabelMap LABELS = new LabelMap(SECTION);
  private static final Key<Boolean> TIMES =
      SECTION.key(
          "use_incoming_timestamp",
          Type.BOOL,
          false,
          "If true, entries use the timestamp of Heroku.");

  /** The block in a configuration. */
  public static final Type<HerokuConfig> TYPE = SECTION.type(HerokuConfig::read);

  private static HerokuConfig read(YamlObject o) {
    return new HerokuConfig(o.get(SERVER), LABELS.read(o), o.get(TIMES));
  }

  @Override
  public String kind() {
    return "heroku_drain";
  }

  @Override
  public LogSource source(SourceContext context) {
    return new HerokuSource(this, context);
  }
}
