/** Text of OTTL to a tree and back: no meaning yet, only form and positions. */
@NullMarked
package dev.tethys.pipeline.ottl.syntax;

import org.jspecify.annotations.NullMarked;
