/** The functions that templates in stages have beside those of Go: Promtail's, and Sprig's. */
@NullMarked
package dev.tethys.pipeline.stages.template;

import org.jspecify.annotations.NullMarked;
