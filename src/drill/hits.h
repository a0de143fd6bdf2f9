/// What each fault does to a cluster: the doing alone; drill/round.cc watches what follows, and mends.
#pragma once

#include "drill/course.h"

namespace stellwerk::drill {

/// Stamps the course at the moment of the hit. What lasts for a time of its own has ended when this returns; what
/// stands still, or is cut off, until others have noticed is left to the round. Errors: of the site; refused.
Result<void> hit(Course& course);

/// Parts of it, in files of their own.
Result<void> hit_process(Course& course);       ///< leaders, guards, workers
Result<void> hit_zookeeper(Course& course);     ///< servers
Result<void> hit_surroundings(Course& course);  ///< storage and network

}  // namespace stellwerk::drill
