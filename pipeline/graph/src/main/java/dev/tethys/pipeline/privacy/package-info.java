/** Detection of personal data and credentials in strings of telemetry. */
@NullMarked
package dev.tethys.pipeline.privacy;

import org.jspecify.annotations.NullMarked;
