/** Extension {@code zpages}: the Collector's diagnostic pages. */
@NullMarked
package dev.tethys.pipeline.extension.zpages;

import org.jspecify.annotations.NullMarked;
