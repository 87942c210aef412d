#ifndef LIMN_RANDOM_H
#define LIMN_RANDOM_H
#endif
