package dev.tethys.alert.manager.recorder.output;

import dev.tethys.alert.manager.recorder.EventOutput;
import dev.tethys.alert.manager.recorder.OutputConfig;
import dev.tethys.alert.manager.recorder.OutputContext;
import dev.tethys.config.Section;
import dev.tethys.config.Type;

/** The standard output, which gets a line of JSON for each event. */
record StdoutConfig() implements OutputConfig {
  static final Section SECTION =
      new Section(
          "stdout_output",
          "Events written to standard output as JSON lines; the section has no keys.");
  static final Type<StdoutConfig> TYPE = SECTION.type(o -> new StdoutConfig());

  @Override
  public String name() {
    return "stdout";
  }

  @Override
  public EventOutput open(OutputContext context) {
    return new StreamOutput(context.stdout());
  }
}
