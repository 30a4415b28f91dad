/** Tests of extensions. */
@NullMarked
package dev.tethys.pipeline.extension;

import org.jspecify.annotations.NullMarked;
