received = UP Police Social Media Centre: your alert is received and acted on. Our reference: { $case }.
handle_writes = This is UP Police. You are not alone, and we want to help. Please reply to us here. Tele-MANAS is free, day and night: 14416.
ask_number = This is UP Police. Please send us a number on which we can call you now. You can also call 112, or Tele-MANAS on 14416.
ask_place = UP Police is still here. Please tell us where you are, so that somebody can come and help.
prv_asked = { $case }: a person needs help. Send the nearest PRV.
prv_goes = { $case }: a PRV is on the way. Please join it.
