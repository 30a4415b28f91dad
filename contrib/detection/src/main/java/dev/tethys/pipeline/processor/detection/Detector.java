package dev.tethys.pipeline.processor.detection;

import dev.tethys.model.telemetry.Attributes;
import java.io.IOException;

/** Detects one property of the process environment. */
@FunctionalInterface
interface Detector {
  /**
   * Detects attributes; none if the process does not run in such an environment.
   *
   * @throws IOException if it does, but the attributes cannot be determined
   */
  Attributes detect(DetectionEnvironment place) throws IOException, InterruptedException;
}
