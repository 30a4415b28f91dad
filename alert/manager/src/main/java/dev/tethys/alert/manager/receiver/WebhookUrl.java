package dev.tethys.alert.manager.receiver;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;

/**
 * The keys {@code webhook_url} and {@code webhook_url_file} of the kinds that post to an address
 * which is a secret.
 */
public record WebhookUrl(Key<Secret> inline, Key<String> file) {
  /**
   * Adds both keys to a section.
   *
   * @param about description of the first key in the reference
   */
  public static WebhookUrl in(Section section, String about) {
    return new WebhookUrl(
        section.optional("webhook_url", ConfigTypes.SECRET_URL, about),
        section.key("webhook_url_file", Type.STRING, "", "File of the URL."));
  }

  /** Refuses an entry that has not just one of them. */
  public void checkOne(YamlObject o) {
    ReceiverKind.exactlyOne(o, inline, file);
  }

  /** Refuses an entry that has both. */
  public void checkNotBoth(YamlObject o) {
    ReceiverKind.atMostOne(o, inline, file);
  }

  /** Whether an entry has one of them. */
  public boolean isIn(YamlObject o) {
    return ReceiverKind.isSet(o, inline) || ReceiverKind.isSet(o, file);
  }

  /**
   * Returns the configured URL; a file is read at this moment.
   *
   * @throws NotifyException if it cannot be read
   */
  public String of(YamlObject o) throws NotifyException {
    return HttpSender.secret(o.get(inline, Secret.NONE), o.get(file));
  }
}
