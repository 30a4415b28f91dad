package dev.tethys.pipeline.processor.detection;

import dev.tethys.model.telemetry.Attributes;
import java.io.IOException;

/** Finds out something of where the process runs. */
@FunctionalInterface
interface Detector {
  /**
   * What it found; nothing where the process does not run in such a place.
   *
   * @throws IOException when it does, but that could not be found out
   */
  Attributes detect(DetectionEnvironment place) throws IOException, InterruptedException;
}
