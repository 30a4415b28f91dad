/** Parser and printer of OTTL; its tree has form and positions, no types. */
@NullMarked
package dev.tethys.pipeline.ottl.syntax;

import org.jspecify.annotations.NullMarked;
