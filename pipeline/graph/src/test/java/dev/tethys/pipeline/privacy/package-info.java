@NullMarked
package dev.tethys.pipeline.privacy;

import org.jspecify.annotations.NullMarked;
