package dev.tethys.pipeline.processor.control;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.web.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * JSON document with the controls of an agent.
 *
 * <p>Format: a JSON object with {@code controls}, a list of objects with the keys of {@link
 * Control#SECTION}. Unknown keys are rejected: a partially applied control could drop items that
 * its owner did not intend to drop.
 */
public final class ControlDocument {
  /** Content type among the files of a remote configuration. */
  public static final String TYPE = "application/vnd.tethys.controls+json";

  /** Maximum number of controls per agent. */
  public static final int MAX_CONTROLS = 100;

  private static final Section SECTION = new Section("controls", "Controls of an agent.");
  private static final Key<List<YamlNode>> CONTROLS =
      SECTION.required("controls", Type.list(Type.ANY), "Controls.");

  private ControlDocument() {}

  /**
   * Reads a document.
   *
   * @param name document name used in error messages
   * @throws ConfigException if it is invalid
   */
  public static List<Control> read(String name, String text) {
    YamlObject o = YamlDocument.parse(name, null, text).root().object(SECTION);
    List<Control> out = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    for (YamlNode n : o.get(CONTROLS)) {
      YamlObject c = n.object(Control.IN_DOCUMENT);
      Control control = Control.readStarted(c);
      control.checkComplete(c);
      CompiledCondition.check(n, control);
      if (!ids.add(control.id())) {
        throw n.error("duplicate control " + control.id());
      }
      out.add(control);
    }
    if (out.size() > MAX_CONTROLS) {
      throw o.error(CONTROLS, "has " + out.size() + " entries; at most " + MAX_CONTROLS);
    }
    return out;
  }

  /**
   * Checks a control that is read on its own.
   *
   * @param at place of its condition
   * @throws ConfigException if its condition is invalid
   */
  public static void check(YamlNode at, Control control) {
    CompiledCondition.check(at, control);
  }

  /** Writes a document. */
  public static String write(List<Control> controls) {
    Json j = new Json().open('{').key("controls").open('[');
    controls.forEach(c -> j.raw(c.json()));
    return j.close(']').close('}').toString();
  }
}
