/** Rollouts in stages, the checks that judge each stage, and returns. */
@NullMarked
package dev.tethys.control.rollout;

import org.jspecify.annotations.NullMarked;
