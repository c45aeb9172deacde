"""Several processes on one machine: a supervisor that runs none of the service's code, and its workers.

    mainstay serve FILE --workers 4
      worker_supervisor ── worker_post, 4 of them ── worker_process ══ channel ══ worker_entry ── server/lifecycle.py
       signals, embedded    sockets that      a child, what    messages    as alone, with sockets, embedded
       servers, reloads     outlive workers   it has said                  servers and orders from above

A worker reads the service file itself, so a reload is new workers, and one that is broken is a worker that does not
come up. `restarts` says when one that died is started again.
"""
